use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::world::*;

fn visit(purpose: &str) -> Activity {
    Activity {
        kind: ActivityKind::Visit.into(),
        occur_time: Some(prost_types::Timestamp {
            seconds: 1_783_000_000,
            nanos: 5_000,
        }),
        purpose: purpose.to_owned(),
        outcome: "会后发送资料".to_owned(),
        contacts: vec![format!("contacts/{}", Uuid::now_v7())],
        next_action: Some(NextAction {
            description: "call A".to_owned(),
            due_date: date(2026, 12, 1),
            reason: "he passes through Beijing".to_owned(),
            ..NextAction::default()
        }),
        ..Activity::default()
    }
}

fn request(parent: &str, activity: Activity) -> CreateActivityRequest {
    CreateActivityRequest {
        parent: parent.to_owned(),
        activity: Some(activity),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_activity_is_stored_as_it_was_said() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let deal = create(&mut world.opportunities(&seller), named("x")).await;
    let mut client = world.activities(&seller);
    let said = visit("learn the need");
    let created = client
        .create_activity(request(&deal.name, said.clone()))
        .await
        .unwrap()
        .into_inner();
    let created = created.activity.unwrap();
    assert!(
        created
            .name
            .starts_with(&format!("{}/activities/", deal.name))
    );
    assert_eq!(created.recorder, seller.person_name());
    assert_eq!(
        (created.state(), created.etag.as_str()),
        (ActivityState::Done, "1")
    );
    let ours = Activity {
        name: String::new(),
        create_time: None,
        update_time: None,
        etag: String::new(),
        state: ActivityState::Unspecified.into(),
        recorder: String::new(),
        ..created.clone()
    };
    assert_eq!(ours, said);
    let list = ListActivitiesRequest {
        parent: deal.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        client
            .list_activities(list)
            .await
            .unwrap()
            .into_inner()
            .activities,
        [created]
    );
    assert_eq!(world.events("ActivityRecorded").await, 1);
    let facts = GetOpportunityFactsRequest { name: deal.name };
    let facts = world
        .opportunities(&seller)
        .get_opportunity_facts(facts)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(facts.activities.len(), 1);
}

#[tokio::test]
async fn activities_page_from_the_newest() {
    let world = world().await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let deal = create(&mut world.manager(), named("x")).await;
    let mut client = world.activities(&manager);
    for n in 0..3 {
        client
            .create_activity(request(&deal.name, visit(&n.to_string())))
            .await
            .unwrap();
    }
    let mut list = ListActivitiesRequest {
        parent: deal.name,
        page_size: 2,
        ..Default::default()
    };
    let first = client
        .list_activities(list.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        first
            .activities
            .iter()
            .map(|a| a.purpose.as_str())
            .collect::<Vec<_>>(),
        ["2", "1"]
    );
    list.page_token = first.next_page_token;
    let second = client
        .list_activities(list.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.activities[0].purpose, "0");
    assert_eq!(second.next_page_token, "");
    list.page_token = "x".to_owned();
    assert_eq!(
        reason(client.list_activities(list).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let bad = Activity {
        occur_time: Some(prost_types::Timestamp {
            seconds: 99_999_999_999,
            nanos: 0,
        }),
        outcome: "长".repeat(4001),
        contacts: vec!["people/1".to_owned()],
        next_action: Some(NextAction::default()),
        ..Activity::default()
    };
    let mut client = world.activities(&Caller::person(world.tenant, "sales_manager"));
    let expected = [
        "occur_time",
        "kind",
        "outcome",
        "contacts[0]",
        "next_action.description",
        "next_action.due_date",
    ];
    let answer = client.create_activity(request(&deal.name, bad)).await;
    assert_eq!(
        fields(answer),
        expected.map(|field| format!("activity.{field}"))
    );
    let empty = client
        .create_activity(CreateActivityRequest::default())
        .await;
    assert_eq!(
        fields(empty),
        ["parent", "activity.occur_time", "activity.kind"]
    );
}

#[tokio::test]
async fn who_does_not_see_the_deal_does_not_see_its_activities() {
    let world = world().await;
    let owner = Caller::seller(world.tenant);
    let deal = create(&mut world.opportunities(&owner), named("x")).await;
    let mut stranger = world.activities(&Caller::seller(world.tenant));
    let answer = stranger
        .create_activity(request(&deal.name, visit("x")))
        .await;
    assert_eq!(reason(answer), "OPPORTUNITY_NOT_FOUND");
    let list = ListActivitiesRequest {
        parent: deal.name,
        ..Default::default()
    };
    assert_eq!(
        reason(stranger.list_activities(list).await),
        "OPPORTUNITY_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_repeat_records_one_activity() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let mut client = world.activities(&Caller::person(world.tenant, "sales_manager"));
    let mut request = CreateActivityRequest {
        request_id: request_id(),
        ..request(&deal.name, visit("x"))
    };
    let first = client
        .create_activity(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client
            .create_activity(request.clone())
            .await
            .unwrap()
            .into_inner(),
        first
    );
    request.activity = Some(visit("y"));
    assert_eq!(
        reason(client.create_activity(request.clone()).await),
        "REQUEST_ID_REUSED"
    );
    (request.request_id, request.validate_only) = (String::new(), true);
    client.create_activity(request).await.unwrap();
    assert_eq!(world.events("ActivityRecorded").await, 1);
}
