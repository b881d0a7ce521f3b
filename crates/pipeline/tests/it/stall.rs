//! Deals to which nothing happens.

use std::time::Duration;

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;

use crate::world::*;

/// A deal that entered its first stage elsewhere so many days ago.
async fn since(world: &World, id: &str, days: i64) -> String {
    let mut row = OpportunityRow {
        stage_enter_time: ago(days),
        ..row(id, "meet")
    };
    row.opportunity.as_mut().unwrap().process = "processes/timed".to_owned();
    let results = upsert(&mut world.importer(), vec![row]).await.unwrap();
    let RowResult::Created(name) = &results[0] else {
        panic!("not created: {results:?}")
    };
    name.clone()
}

fn ago(days: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: Clock::system().now().as_second() - days * 86_400,
        nanos: 0,
    })
}

async fn stalled(world: &World, caller: &Caller) -> Vec<String> {
    let request = ListStalledOpportunitiesRequest::default();
    let answer = world
        .history(caller)
        .list_stalled_opportunities(request)
        .await;
    let found = answer.unwrap().into_inner().opportunities;
    assert!(found.iter().all(|it| it.stall.unwrap().stalled));
    found
        .into_iter()
        .map(|it| it.opportunity.unwrap().name)
        .collect()
}

/// Asks again until it is so.
async fn until(world: &World, caller: &Caller, expected: &[&String]) {
    for _ in 0..600 {
        if stalled(world, caller).await.iter().collect::<Vec<_>>() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "{:?} are stalled, not {expected:?}",
        stalled(world, caller).await
    );
}

/// A day to come.
pub fn soon() -> keynode_proto::google::r#type::Date {
    let day = Clock::system()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .saturating_add(jiff::ToSpan::days(30));
    keynode_kit::wire::date(day)
}

async fn called(world: &World, name: &str) {
    let activity = Activity {
        kind: ActivityKind::Call.into(),
        occur_time: ago(0),
        ..Default::default()
    };
    let request = CreateActivityRequest {
        parent: name.to_owned(),
        activity: Some(activity),
        ..Default::default()
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    world
        .activities(&manager)
        .create_activity(request)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deal_stalls_once_until_something_happens() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let old = since(&world, "1", 30).await;
    let fresh = since(&world, "2", 0).await;
    let _replicas = (world.react(), world.react());
    until(&world, &manager, &[&old]).await;
    assert_eq!(
        world.events("OpportunityStalled").await,
        1,
        "told once by all replicas"
    );
    let (subject, data) = world.last_event("OpportunityStalled").await;
    assert_eq!(subject, format!("{old}/stall"));
    let told = OpportunityStalled::decode(data.as_slice()).unwrap();
    assert_eq!((told.stall_days, told.idle_days >= 20), (5, true));
    assert_eq!(told.stage_name.unwrap().zh_cn, "阶段");

    let request = GetStageTimesRequest {
        name: fresh.clone(),
    };
    let times = world
        .history(&manager)
        .get_stage_times(request)
        .await
        .unwrap()
        .into_inner();
    let stall = times.stall.unwrap();
    assert_eq!((stall.stalled, stall.stall_days), (false, 5));
    assert_eq!(times.stays[0].expected_days, 10);

    called(&world, &old).await;
    until(&world, &manager, &[]).await;
    let seller = Caller::seller(world.tenant);
    assert!(stalled(&world, &seller).await.is_empty());
}

#[tokio::test]
async fn a_paused_deal_raises_no_alarm_and_one_that_goes_on_begins_anew() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let (paused, other) = (since(&world, "1", 30).await, since(&world, "2", 30).await);
    let pause = PauseOpportunityRequest {
        name: paused.clone(),
        reason: "客户年底结账".to_owned(),
        resume_date: Some(soon()),
        ..Default::default()
    };
    world.moving().pause_opportunity(pause).await.unwrap();
    let _replica = world.react();
    until(&world, &manager, &[&other]).await;
    let request = GetStageTimesRequest {
        name: paused.clone(),
    };
    let mut history = world.history(&manager);
    let stall = history
        .get_stage_times(request.clone())
        .await
        .unwrap()
        .into_inner()
        .stall
        .unwrap();
    assert_eq!((stall.paused, stall.stalled), (true, false));
    let resume = ResumeOpportunityRequest {
        name: paused.clone(),
        ..Default::default()
    };
    world.moving().resume_opportunity(resume).await.unwrap();
    let resumed = async || {
        let times = history.get_stage_times(request.clone()).await.unwrap();
        times.into_inner().stall.unwrap().idle_days == 0
    };
    settle(resumed).await;
    until(&world, &manager, &[&other]).await;
    assert_eq!(world.events("OpportunityStalled").await, 1);
}

#[tokio::test]
async fn other_working_days_are_counted_anew() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let name = since(&world, "1", 5).await;
    let _replica = world.react();
    // Five days always hold a day that is not worked, until all are.
    let timer = async || {
        let request = GetStageTimesRequest { name: name.clone() };
        let times = world
            .history(&manager)
            .get_stage_times(request)
            .await
            .unwrap();
        times.into_inner().stall.unwrap().idle_days < 5
    };
    settle(timer).await;
    let calendar = WorkCalendar {
        time_zone: "Asia/Shanghai".to_owned(),
        weekdays: (1..=7).collect(),
        ..Default::default()
    };
    let request = PutWorkCalendarRequest {
        calendar: Some(calendar),
        ..Default::default()
    };
    let admin = Caller::person(world.tenant, "administrator");
    world
        .calendar(&admin)
        .put_work_calendar(request)
        .await
        .unwrap();
    until(&world, &manager, &[&name]).await;
}

/// Asks again until it is so.
async fn settle(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came so");
}
