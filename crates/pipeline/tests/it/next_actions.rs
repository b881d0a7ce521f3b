//! What is to be done next, and what becomes of it.

use std::slice::from_ref;

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::{FieldMask, Timestamp};

use crate::world::*;

type Client = ActivitiesServiceClient<Channel>;

fn call(due: Option<i32>, takes_up: &[&Activity]) -> Activity {
    let next = |day| NextAction {
        description: "再打电话".to_owned(),
        due_date: date(2026, 12, day),
        ..NextAction::default()
    };
    Activity {
        kind: ActivityKind::Call.into(),
        occur_time: Some(Timestamp {
            seconds: 1_783_000_000,
            nanos: 0,
        }),
        next_action: due.map(next),
        takes_up: takes_up.iter().map(|it| it.name.clone()).collect(),
        ..Activity::default()
    }
}

async fn record(
    client: &mut Client,
    deal: &Opportunity,
    activity: Activity,
) -> Result<Activity, tonic::Status> {
    let request = CreateActivityRequest {
        parent: deal.name.clone(),
        activity: Some(activity),
        ..Default::default()
    };
    let answer = client.create_activity(request).await?;
    Ok(answer.into_inner().activity.unwrap())
}

async fn open(client: &mut Client, request: ListNextActionsRequest) -> Vec<OpenNextAction> {
    let answer = client.list_next_actions(request).await.unwrap();
    answer.into_inner().next_actions
}

async fn names(client: &mut Client, request: ListNextActionsRequest) -> Vec<String> {
    let found = open(client, request).await;
    found.into_iter().map(|it| it.activity).collect()
}

async fn settlement(client: &mut Client, activity: &Activity) -> Option<NextActionSettlement> {
    let request = GetActivityRequest {
        name: activity.name.clone(),
    };
    let found = client.get_activity(request).await.unwrap().into_inner();
    found.activity.unwrap().next_action.unwrap().settlement
}

fn settling(activity: &Activity, outcome: NextActionOutcome) -> SettleNextActionRequest {
    SettleNextActionRequest {
        name: activity.name.clone(),
        outcome: outcome.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn open_next_actions_are_listed_over_all_deals_by_the_day_they_are_due() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let mine = create(&mut world.opportunities(&seller), named("mine")).await;
    let others = create(&mut world.manager(), named("others")).await;
    let mut client = world.activities(&world.boss());
    let late = record(&mut client, &mine, call(Some(20), &[]))
        .await
        .unwrap();
    let soon = record(&mut client, &others, call(Some(3), &[]))
        .await
        .unwrap();
    let same = record(&mut client, &mine, call(Some(3), &[]))
        .await
        .unwrap();
    record(&mut client, &mine, call(None, &[])).await.unwrap();
    let mut delegated = call(Some(10), &[]);
    delegated.next_action.as_mut().unwrap().responsible = others.owner.clone();
    let delegated = record(&mut client, &mine, delegated).await.unwrap();

    let all = [&soon, &same, &delegated, &late].map(|it| it.name.clone());
    assert_eq!(
        names(&mut client, ListNextActionsRequest::default()).await,
        all
    );
    let mut seen = Vec::new();
    let mut page = ListNextActionsRequest {
        page_size: 1,
        ..Default::default()
    };
    loop {
        let answer = client
            .list_next_actions(page.clone())
            .await
            .unwrap()
            .into_inner();
        seen.extend(answer.next_actions.into_iter().map(|it| it.activity));
        page.page_token = answer.next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, all);

    let of = |responsible: &str| ListNextActionsRequest {
        responsible: responsible.to_owned(),
        ..Default::default()
    };
    let found = open(&mut client, of(&mine.owner)).await;
    let own: Vec<&str> = found.iter().map(|it| it.activity.as_str()).collect();
    assert_eq!(own, [&same.name, &late.name]);
    assert_eq!(found[0].responsible, seller.person_name());
    assert_eq!(found[0].opportunity_display_name, "mine");
    assert_eq!(found[0].next_action, same.next_action);
    let theirs = names(&mut client, of(&others.owner)).await;
    assert_eq!(theirs, [soon.name.clone(), delegated.name.clone()]);
    let before = ListNextActionsRequest {
        due_before: date(2026, 12, 10),
        opportunity: mine.name.clone(),
        ..Default::default()
    };
    assert_eq!(names(&mut client, before).await, from_ref(&same.name));

    let mut own = world.activities(&seller);
    let visible = names(&mut own, ListNextActionsRequest::default()).await;
    assert_eq!(visible, [same.name, delegated.name, late.name]);
    let mut elsewhere = world.activities(&Caller::person(tenant(), "sales_manager"));
    assert!(
        open(&mut elsewhere, ListNextActionsRequest::default())
            .await
            .is_empty()
    );
    let bad = ListNextActionsRequest {
        responsible: "x".to_owned(),
        due_before: date(2026, 2, 30),
        opportunity: "x".to_owned(),
        ..Default::default()
    };
    let bad = fields(client.list_next_actions(bad).await);
    assert_eq!(bad, ["responsible", "due_before", "opportunity"]);
    let foreign = ListNextActionsRequest {
        page_token: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_next_actions(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn what_a_later_activity_takes_up_is_settled_by_it() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let mut client = world.activities(&world.boss());
    let first = record(&mut client, &deal, call(Some(3), &[]))
        .await
        .unwrap();
    let second = record(&mut client, &deal, call(Some(9), &[&first]))
        .await
        .unwrap();
    let settled = settlement(&mut client, &first).await.unwrap();
    assert_eq!(settled.outcome(), NextActionOutcome::TakenUp);
    assert_eq!(settled.activity, second.name);
    assert_eq!(world.sequences(&first.name).await, [1, 2]);
    let left = names(&mut client, ListNextActionsRequest::default()).await;
    assert_eq!(left, from_ref(&second.name));

    let elsewhere = create(&mut world.manager(), named("other")).await;
    let foreign = record(&mut client, &elsewhere, call(Some(3), &[]))
        .await
        .unwrap();
    let nothing = record(&mut client, &deal, call(None, &[])).await.unwrap();
    for unfit in [&first, &foreign, &nothing] {
        let refused = record(&mut client, &deal, call(None, &[&second, unfit])).await;
        assert_eq!(fields(refused), ["activity.takes_up[1]"]);
    }
    let twice = record(&mut client, &deal, call(None, &[&second, &second])).await;
    assert_eq!(fields(twice), ["activity.takes_up[1]"]);
    assert_eq!(settlement(&mut client, &second).await, None);

    // Said by mistake: what it took up is open again.
    let correction = UpdateActivityRequest {
        activity: Some(Activity {
            name: second.name.clone(),
            ..Activity::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["takes_up".to_owned()],
        }),
        ..Default::default()
    };
    client.update_activity(correction.clone()).await.unwrap();
    assert_eq!(settlement(&mut client, &first).await, None);
    let mut itself = correction;
    itself.activity.as_mut().unwrap().takes_up = vec![second.name.clone()];
    let itself = client.update_activity(itself).await;
    assert_eq!(fields(itself), ["activity.takes_up[0]"]);
}

#[tokio::test]
async fn a_planned_activity_takes_up_when_it_is_done() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let mut client = world.activities(&world.boss());
    let first = record(&mut client, &deal, call(Some(3), &[]))
        .await
        .unwrap();
    let plan = Activity {
        state: ActivityState::Planned.into(),
        plan_time: call(None, &[]).occur_time,
        occur_time: None,
        ..call(None, &[&first])
    };
    let given_up = record(&mut client, &deal, plan.clone()).await.unwrap();
    let cancel = CancelActivityRequest {
        name: given_up.name,
        reason: "x".to_owned(),
        ..Default::default()
    };
    client.cancel_activity(cancel).await.unwrap();
    let plan = record(&mut client, &deal, plan).await.unwrap();
    assert_eq!(settlement(&mut client, &first).await, None);
    let complete = CompleteActivityRequest {
        name: plan.name.clone(),
        results: Some(Activity {
            occur_time: call(None, &[]).occur_time,
            ..Activity::default()
        }),
        ..Default::default()
    };
    client.complete_activity(complete).await.unwrap();
    let settled = settlement(&mut client, &first).await.unwrap();
    assert_eq!(settled.activity, plan.name);
    assert!(
        open(&mut client, ListNextActionsRequest::default())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_next_action_is_settled_once() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let mut client = world.activities(&world.boss());
    let left = record(&mut client, &deal, call(Some(3), &[]))
        .await
        .unwrap();
    let bare = settling(&left, NextActionOutcome::Dropped);
    assert_eq!(
        fields(client.settle_next_action(bare.clone()).await),
        ["note"]
    );
    for outcome in [NextActionOutcome::Unspecified, NextActionOutcome::TakenUp] {
        let refused = client.settle_next_action(settling(&left, outcome)).await;
        assert_eq!(fields(refused), ["outcome"]);
    }
    let drop = SettleNextActionRequest {
        note: "项目推迟".to_owned(),
        request_id: request_id(),
        ..bare
    };
    let stale = SettleNextActionRequest {
        etag: "9".to_owned(),
        request_id: String::new(),
        ..drop.clone()
    };
    assert_eq!(
        reason(client.settle_next_action(stale).await),
        "ETAG_MISMATCH"
    );
    let check = SettleNextActionRequest {
        validate_only: true,
        request_id: String::new(),
        ..drop.clone()
    };
    client.settle_next_action(check).await.unwrap();
    assert_eq!(settlement(&mut client, &left).await, None);
    let once = client
        .settle_next_action(drop.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client.settle_next_action(drop).await.unwrap().into_inner();
    assert_eq!(again, once);
    let settled = settlement(&mut client, &left).await.unwrap();
    assert_eq!(settled.note, "项目推迟");
    assert!(!settled.actor.is_empty() && settled.settle_time.is_some());
    assert_eq!(world.events("ActivityChanged").await, 1);
    let second = settling(&left, NextActionOutcome::Done);
    assert_eq!(
        reason(client.settle_next_action(second).await),
        "NEXT_ACTION_NOT_OPEN"
    );
    let nothing = record(&mut client, &deal, call(None, &[])).await.unwrap();
    let nothing = settling(&nothing, NextActionOutcome::Done);
    assert_eq!(
        reason(client.settle_next_action(nothing).await),
        "NEXT_ACTION_NOT_OPEN"
    );

    // Its words may be corrected; what became of it stays.
    let correction = UpdateActivityRequest {
        activity: Some(Activity {
            name: left.name.clone(),
            next_action: Some(NextAction {
                description: "打电话给A".to_owned(),
                due_date: date(2026, 12, 4),
                ..NextAction::default()
            }),
            ..Activity::default()
        }),
        ..Default::default()
    };
    client.update_activity(correction).await.unwrap();
    assert_eq!(settlement(&mut client, &left).await, Some(settled));
}
