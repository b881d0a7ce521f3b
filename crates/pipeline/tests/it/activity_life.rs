//! Activities from plan to result, and their correction.

use std::slice::from_ref;

use keynode_kit::client::Channel;
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::{FieldMask, Timestamp};
use uuid::Uuid;

use crate::world::*;

pub type Client = ActivitiesServiceClient<Channel>;

pub fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

pub const PAST: i64 = 1_783_000_000;
pub const FUTURE: i64 = 4_000_000_000;

pub fn planned() -> Activity {
    Activity {
        kind: ActivityKind::CompanyVisit.into(),
        state: ActivityState::Planned.into(),
        plan_time: at(FUTURE),
        purpose: "看生产线".to_owned(),
        agenda: vec![AgendaItem {
            topic: "产线".to_owned(),
            minutes: Some(40),
        }],
        ..Activity::default()
    }
}

/// Everything that can be said of what happened.
pub fn results() -> Activity {
    Activity {
        occur_time: at(PAST),
        outcome: "满意".to_owned(),
        contacts: vec![format!("contacts/{}", Uuid::from_u128(1))],
        people: vec![format!("people/{}", Uuid::from_u128(2))],
        location: "北京".to_owned(),
        total_minutes: Some(60),
        our_talk_minutes: Some(20),
        customer_talk_minutes: Some(40),
        product_minutes: Some(0),
        small_talk_minutes: Some(5),
        price_given: Some(true),
        price: money(1_200_000, 10_000_000),
        information: vec![Information {
            text: "十一月招标".to_owned(),
            element: QualificationElement::Timetable.into(),
        }],
        buying_signals: vec!["问交货期".to_owned()],
        closing_attempt: Some(ClosingAttempt {
            method: ClosingMethod::SmallOrder.into(),
            outcome: ClosingOutcome::Open.into(),
            note: "先订一台".to_owned(),
        }),
        materials: vec![Material {
            display_name: "样本 2026".to_owned(),
            file: Some(FileReference {
                reference: "dms://7".to_owned(),
                ..Default::default()
            }),
        }],
        next_action: Some(NextAction {
            description: "送样品".to_owned(),
            due_date: date(2026, 12, 1),
            customer_action: "安排试用".to_owned(),
            hook: ContactHook::Sample.into(),
            agreed: Some(true),
            ..NextAction::default()
        }),
        ..Activity::default()
    }
}

pub async fn create(client: &mut Client, parent: &str, activity: Activity) -> Activity {
    let request = CreateActivityRequest {
        parent: parent.to_owned(),
        activity: Some(activity),
        ..Default::default()
    };
    let answer = client.create_activity(request).await.unwrap();
    answer.into_inner().activity.unwrap()
}

pub fn completing(name: &str, results: Activity) -> CompleteActivityRequest {
    CompleteActivityRequest {
        name: name.to_owned(),
        results: Some(results),
        ..Default::default()
    }
}

pub fn updating(activity: Activity, paths: &[&str]) -> UpdateActivityRequest {
    UpdateActivityRequest {
        activity: Some(activity),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    }
}

pub fn cancelling(name: &str) -> CancelActivityRequest {
    CancelActivityRequest {
        name: name.to_owned(),
        reason: "客户出差".to_owned(),
        ..Default::default()
    }
}

pub async fn read(client: &mut Client, name: &str) -> Activity {
    let request = GetActivityRequest {
        name: name.to_owned(),
    };
    let answer = client.get_activity(request).await.unwrap();
    answer.into_inner().activity.unwrap()
}

pub async fn start() -> (World, Opportunity, Client) {
    let world = world().await;
    let deal = crate::world::create(&mut world.manager(), named("x")).await;
    let client = world.activities(&world.boss());
    (world, deal, client)
}

#[tokio::test]
async fn what_was_planned_is_done_with_all_that_came_of_it() {
    let (world, deal, mut client) = start().await;
    let plan = create(&mut client, &deal.name, planned()).await;
    assert_eq!(
        (plan.state(), plan.occur_time),
        (ActivityState::Planned, None)
    );
    assert_eq!(plan.etag, "1");
    let request = CompleteActivityRequest {
        request_id: request_id(),
        etag: "1".to_owned(),
        ..completing(&plan.name, results())
    };
    let once = client.complete_activity(request.clone()).await.unwrap();
    let done = once.into_inner().activity.unwrap();
    let repeated = client.complete_activity(request).await.unwrap();
    assert_eq!(repeated.into_inner().activity.unwrap(), done);
    let expected = Activity {
        name: plan.name.clone(),
        create_time: plan.create_time,
        update_time: done.update_time,
        kind: plan.kind,
        purpose: plan.purpose.clone(),
        agenda: plan.agenda.clone(),
        plan_time: plan.plan_time,
        recorder: plan.recorder.clone(),
        state: ActivityState::Done.into(),
        etag: "2".to_owned(),
        ..results()
    };
    assert_eq!(done, expected);
    assert_eq!(read(&mut client, &plan.name).await, done);
    let facts = GetOpportunityFactsRequest { name: deal.name };
    let facts = world.manager().get_opportunity_facts(facts).await.unwrap();
    assert_eq!(facts.into_inner().activities, from_ref(&done));
    let (subject, data) = world.last_event("ActivityChanged").await;
    let told: ActivityChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (subject, told.before, told.after),
        (plan.name.clone(), Some(plan.clone()), Some(done))
    );
    assert_eq!(world.sequences(&plan.name).await, [1, 2]);
    let again = client
        .complete_activity(completing(&plan.name, results()))
        .await;
    assert_eq!(reason(again), "ACTIVITY_NOT_PLANNED");
    let cancel = client.cancel_activity(cancelling(&plan.name)).await;
    assert_eq!(reason(cancel), "ACTIVITY_NOT_PLANNED");
}

#[tokio::test]
async fn what_was_done_is_corrected_and_the_log_keeps_what_stood_there() {
    let (world, deal, mut client) = start().await;
    let said = Activity {
        kind: ActivityKind::Visit.into(),
        ..results()
    };
    let done = create(&mut client, &deal.name, said).await;
    assert_eq!(done.state(), ActivityState::Done);
    let news = Activity {
        name: done.name.clone(),
        etag: done.etag.clone(),
        kind: ActivityKind::Meeting.into(),
        outcome: "ignored".to_owned(),
        ..Activity::default()
    };
    let paths = ["kind", "small_talk_minutes", "price", "price_given"];
    let corrected = client.update_activity(updating(news.clone(), &paths)).await;
    let corrected = corrected.unwrap().into_inner().activity.unwrap();
    let expected = Activity {
        kind: ActivityKind::Meeting.into(),
        small_talk_minutes: None,
        price: None,
        price_given: None,
        etag: "2".to_owned(),
        update_time: corrected.update_time,
        ..done.clone()
    };
    assert_eq!(corrected, expected);
    let stale = client.update_activity(updating(news.clone(), &paths)).await;
    assert_eq!(reason(stale), "ETAG_MISMATCH");
    let same = Activity {
        etag: String::new(),
        ..news.clone()
    };
    let same = client.update_activity(updating(same, &["kind"])).await;
    assert_eq!(same.unwrap().into_inner().activity.unwrap().etag, "2");
    assert_eq!(world.events("ActivityChanged").await, 1);
    let check = UpdateActivityRequest {
        validate_only: true,
        ..updating(
            Activity {
                name: done.name.clone(),
                location: "上海".to_owned(),
                ..Activity::default()
            },
            &[],
        )
    };
    client.update_activity(check).await.unwrap();
    assert_eq!(read(&mut client, &done.name).await, corrected);
    for path in [
        "state",
        "recorder",
        "cancel_reason",
        "next_action.settlement",
    ] {
        let refused = client
            .update_activity(updating(same_name(&done), &[path]))
            .await;
        assert_eq!(fields(refused), ["update_mask"], "{path}");
    }
    let bare = client
        .update_activity(updating(same_name(&done), &["kind", "occur_time"]))
        .await;
    assert_eq!(fields(bare), ["activity.occur_time", "activity.kind"]);
}

pub fn same_name(activity: &Activity) -> Activity {
    Activity {
        name: activity.name.clone(),
        ..Activity::default()
    }
}

#[tokio::test]
async fn what_is_cancelled_stays_so() {
    let (world, deal, mut client) = start().await;
    let plan = create(&mut client, &deal.name, planned()).await;
    let bare = CancelActivityRequest {
        reason: String::new(),
        ..cancelling(&plan.name)
    };
    assert_eq!(fields(client.cancel_activity(bare).await), ["reason"]);
    let moved = Activity {
        plan_time: at(FUTURE + 86_400),
        ..same_name(&plan)
    };
    client
        .update_activity(updating(moved, &["plan_time"]))
        .await
        .unwrap();
    let cancelled = client
        .cancel_activity(cancelling(&plan.name))
        .await
        .unwrap();
    let cancelled = cancelled.into_inner().activity.unwrap();
    assert_eq!(cancelled.state(), ActivityState::Cancelled);
    assert_eq!(cancelled.cancel_reason, "客户出差");
    assert_eq!(cancelled.plan_time, at(FUTURE + 86_400));
    assert_eq!(cancelled.occur_time, None);
    let (_, data) = world.last_event("ActivityChanged").await;
    let told: ActivityChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(told.reason, "客户出差");
    let update = client
        .update_activity(updating(same_name(&plan), &["purpose"]))
        .await;
    assert_eq!(reason(update), "ACTIVITY_CANCELLED");
    let complete = client
        .complete_activity(completing(&plan.name, results()))
        .await;
    assert_eq!(reason(complete), "ACTIVITY_NOT_PLANNED");
}

#[tokio::test]
async fn what_is_left_out_stays_unknown() {
    let (_world, deal, mut client) = start().await;
    let said = Activity {
        kind: ActivityKind::Call.into(),
        occur_time: at(PAST),
        product_minutes: Some(0),
        ..Activity::default()
    };
    let call = create(&mut client, &deal.name, said).await;
    let kept = read(&mut client, &call.name).await;
    assert_eq!(kept.product_minutes, Some(0), "none is not unknown");
    assert_eq!((kept.total_minutes, kept.our_talk_minutes), (None, None));
    assert_eq!((kept.price_given, kept.price), (None, None));
}

#[tokio::test]
async fn activities_are_listed_by_state_and_kind() {
    let (_world, deal, mut client) = start().await;
    let plan = create(&mut client, &deal.name, planned()).await;
    let call = Activity {
        kind: ActivityKind::Call.into(),
        ..results()
    };
    let call = create(&mut client, &deal.name, call).await;
    let mut list = async |state: ActivityState, kind: ActivityKind| -> Vec<String> {
        let request = ListActivitiesRequest {
            parent: deal.name.clone(),
            state: state.into(),
            kind: kind.into(),
            ..Default::default()
        };
        let answer = client.list_activities(request).await.unwrap().into_inner();
        answer.activities.into_iter().map(|it| it.name).collect()
    };
    let any = (ActivityState::Unspecified, ActivityKind::Unspecified);
    assert_eq!(
        list(any.0, any.1).await,
        [call.name.clone(), plan.name.clone()]
    );
    assert_eq!(
        list(ActivityState::Planned, any.1).await,
        from_ref(&plan.name)
    );
    assert_eq!(list(any.0, ActivityKind::Call).await, [call.name]);
    assert!(list(ActivityState::Cancelled, any.1).await.is_empty());
    let request = ListActivitiesRequest {
        parent: deal.name.clone(),
        state: 9,
        kind: 99,
        ..Default::default()
    };
    assert_eq!(
        fields(client.list_activities(request).await),
        ["state", "kind"]
    );
}

#[tokio::test]
async fn what_an_earlier_release_recorded_is_read_and_goes_on() {
    use sqlx::{Connection as _, Executor as _};
    let (world, deal, mut client) = start().await;
    let mut connection = sqlx::PgConnection::connect(&world.own_url()).await.unwrap();
    let id = Uuid::now_v7();
    let sql = format!(
        "begin; set local keynode.tenant_id = '{}';
         insert into pipeline.activity
           (id, opportunity_id, created_at, kind, occurred_at, purpose, outcome, contact_ids, next_action,
            next_action_due_on, next_action_responsible_id, next_action_reason, recorder)
         values ('{id}', '{}', '2026-07-01 08:00Z', 'VISIT', '2026-07-01 07:00Z', 'p', 'o', '{{}}', 'call',
                 '2026-12-01', null, 'r', 'people/x');
         commit",
        world.tenant,
        deal.name.trim_start_matches("opportunities/"),
    );
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    let name = format!("{}/activities/{id}", deal.name);
    let found = read(&mut client, &name).await;
    assert_eq!(
        (found.state(), found.etag.as_str()),
        (ActivityState::Done, "1")
    );
    let next = found.next_action.clone().unwrap();
    assert_eq!((next.settlement, next.due_date), (None, date(2026, 12, 1)));
    let correction = Activity {
        name: name.clone(),
        our_talk_minutes: Some(7),
        ..Activity::default()
    };
    client
        .update_activity(updating(correction, &[]))
        .await
        .unwrap();
    let expected = Activity {
        our_talk_minutes: Some(7),
        etag: "2".to_owned(),
        ..found
    };
    let after = read(&mut client, &name).await;
    assert_eq!(
        after,
        Activity {
            update_time: after.update_time,
            ..expected
        }
    );
}

#[tokio::test]
async fn of_many_who_saw_the_same_one_changes_it() {
    let (world, deal, mut client) = start().await;
    let plan = create(&mut client, &deal.name, planned()).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let mut client = client.clone();
        let mut news = Activity {
            location: format!("room {n}"),
            etag: plan.etag.clone(),
            ..same_name(&plan)
        };
        if n % 2 == 0 {
            news.etag = String::new();
        }
        writers.spawn(async move { client.update_activity(updating(news, &["location"])).await });
    }
    let answers = writers.join_all().await;
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(
        (4..=5).contains(&done),
        "who named no version always may: {done}"
    );
    let versions: Vec<i64> = (1..).take(done + 1).collect();
    assert_eq!(world.sequences(&plan.name).await, versions);
}
