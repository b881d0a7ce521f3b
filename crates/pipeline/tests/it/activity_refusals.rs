//! Activities that cannot be, and those that are not shown.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::activity_life::{
    FUTURE, PAST, at, cancelling, completing, create, planned, results, same_name, start, updating,
};
use crate::world::*;

#[tokio::test]
async fn what_did_not_happen_has_no_results() {
    let (_world, deal, mut client) = start().await;
    let bad = Activity {
        state: ActivityState::Planned.into(),
        kind: ActivityKind::Visit.into(),
        ..results()
    };
    let request = CreateActivityRequest {
        parent: deal.name.clone(),
        activity: Some(bad),
        ..Default::default()
    };
    let given = [
        "plan_time",
        "occur_time",
        "outcome",
        "our_talk_minutes",
        "customer_talk_minutes",
        "product_minutes",
        "small_talk_minutes",
        "price_given",
        "price",
        "information",
        "buying_signals",
        "closing_attempt",
        "next_action",
    ];
    let refused = fields(client.create_activity(request).await);
    assert_eq!(refused, given.map(|field| format!("activity.{field}")));
    let request = CreateActivityRequest {
        parent: deal.name.clone(),
        activity: Some(Activity {
            state: ActivityState::Cancelled.into(),
            kind: ActivityKind::Visit.into(),
            ..results()
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.create_activity(request).await),
        ["activity.state"]
    );
    let plan = create(&mut client, &deal.name, planned()).await;
    let unsaid = client
        .complete_activity(completing(&plan.name, Activity::default()))
        .await;
    assert_eq!(fields(unsaid), ["results.occur_time"]);
    let early = Activity {
        occur_time: at(FUTURE),
        ..Activity::default()
    };
    let early = client
        .complete_activity(completing(&plan.name, early))
        .await;
    assert_eq!(fields(early), ["results.occur_time"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_field_by_field() {
    let (_world, deal, mut client) = start().await;
    let person = format!("people/{}", Uuid::now_v7());
    let bad = Activity {
        kind: 99,
        occur_time: at(PAST),
        people: vec![person.clone(), person],
        location: "长".repeat(401),
        agenda: vec![
            AgendaItem::default(),
            AgendaItem {
                topic: "x".to_owned(),
                minutes: Some(31),
            },
        ],
        total_minutes: Some(30),
        our_talk_minutes: Some(20),
        customer_talk_minutes: Some(11),
        product_minutes: Some(-1),
        small_talk_minutes: Some(31),
        price: money(0, 0),
        information: vec![Information {
            element: 9,
            ..Information::default()
        }],
        buying_signals: vec![String::new()],
        closing_attempt: Some(ClosingAttempt::default()),
        materials: vec![Material {
            file: Some(FileReference::default()),
            ..Material::default()
        }],
        next_action: Some(NextAction {
            description: "x".to_owned(),
            due_date: date(2026, 12, 1),
            hook: 77,
            responsible: "x".to_owned(),
            ..NextAction::default()
        }),
        takes_up: vec!["x".to_owned()],
        ..Activity::default()
    };
    let request = CreateActivityRequest {
        parent: deal.name.clone(),
        activity: Some(bad),
        ..Default::default()
    };
    let expected = [
        "kind",
        "people",
        "location",
        "next_action.responsible",
        "next_action.hook",
        "agenda[0].topic",
        "information[0].text",
        "information[0].element",
        "buying_signals[0]",
        "materials[0].display_name",
        "materials[0].file.reference",
        "takes_up[0]",
        "product_minutes",
        "agenda",
        "customer_talk_minutes",
        "small_talk_minutes",
        "price",
        "price",
        "closing_attempt.method",
    ];
    let refused = fields(client.create_activity(request).await);
    assert_eq!(refused, expected.map(|field| format!("activity.{field}")));
}

#[tokio::test]
async fn nobody_reads_or_changes_activities_of_deals_that_they_do_not_see() {
    let (world, deal, mut client) = start().await;
    let plan = create(&mut client, &deal.name, planned()).await;
    let other = crate::world::create(&mut world.manager(), named("other")).await;
    let id = plan.name.rsplit('/').next().unwrap();
    let foreign = format!("{}/activities/{id}", other.name);
    let get = |name: &str| GetActivityRequest {
        name: name.to_owned(),
    };
    assert_eq!(
        reason(client.get_activity(get(&foreign)).await),
        "ACTIVITY_NOT_FOUND"
    );
    let moved = client.cancel_activity(cancelling(&foreign)).await;
    assert_eq!(reason(moved), "ACTIVITY_NOT_FOUND");
    assert_eq!(
        fields(client.get_activity(get("activities/1")).await),
        ["name"]
    );
    let elsewhere = Caller::person(tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let mut stranger = world.activities(&caller);
        let missing = "OPPORTUNITY_NOT_FOUND";
        assert_eq!(
            reason(stranger.get_activity(get(&plan.name)).await),
            missing
        );
        let update = updating(same_name(&plan), &["purpose"]);
        assert_eq!(reason(stranger.update_activity(update).await), missing);
        let complete = completing(&plan.name, results());
        assert_eq!(reason(stranger.complete_activity(complete).await), missing);
        assert_eq!(
            reason(stranger.cancel_activity(cancelling(&plan.name)).await),
            missing
        );
        let settle = SettleNextActionRequest {
            name: plan.name.clone(),
            outcome: NextActionOutcome::Done.into(),
            ..Default::default()
        };
        assert_eq!(reason(stranger.settle_next_action(settle).await), missing);
    }
    let mut viewer = world.activities(&Caller::person(world.tenant, "viewer"));
    viewer.get_activity(get(&plan.name)).await.unwrap();
    let denied = viewer.cancel_activity(cancelling(&plan.name)).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
}
