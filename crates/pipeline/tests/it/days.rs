//! Days and moments that are told of deals lie in years that are not absurd.

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;

use crate::bulk::{carried, event, import, reason_of, tell};
use crate::world::*;

/// Seconds of the year 1.
const YEAR_ONE: i64 = -62_135_596_800;

fn moment(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

#[tokio::test]
async fn the_days_of_a_deal_are_of_1900_to_2199() {
    let world = world().await;
    let mut client = world.manager();
    for (year, is_good) in [
        (1, false),
        (1899, false),
        (1900, true),
        (2199, true),
        (2200, false),
        (9999, false),
    ] {
        let opportunity = Opportunity {
            expected_close_date: date(year, 6, 1),
            known_since_date: date(year, 6, 1),
            ..named("x")
        };
        let request = CreateOpportunityRequest {
            opportunity: Some(opportunity),
            ..Default::default()
        };
        let answer = client.create_opportunity(request).await;
        if is_good {
            answer.unwrap();
        } else {
            let expected = [
                "opportunity.expected_close_date",
                "opportunity.known_since_date",
            ];
            assert_eq!(fields(answer), expected, "{year}");
        }
    }
}

#[tokio::test]
async fn what_happened_did_so_since_1900_and_not_in_the_future() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let now = Clock::system().now().as_second();
    let told = [YEAR_ONE, now + 3600, now + 60]
        .into_iter()
        .enumerate()
        .map(|(n, seconds)| OpportunityEvent {
            occur_time: moment(seconds),
            ..event("7", &format!("e{n}"), 0, "entry")
        });
    let results = tell(&world, &importer, vec![told.collect()]).await.unwrap();
    for result in &results[..2] {
        let EventResult::Error(status) = result else {
            panic!("not refused: {result:?}")
        };
        assert_eq!(reason_of(status), "INVALID_REQUEST");
    }
    assert_eq!(results[2], EventResult::Moved(name.clone()));
    let deal = get(&mut world.manager(), &name).await.unwrap();
    let entered = deal.stage_enter_time.unwrap().seconds;
    assert!(entered < now + 60, "a clock that is ahead tells of now");

    let early = OpportunityRow {
        stage_enter_time: moment(YEAR_ONE),
        ..row("8", "entry")
    };
    let results = import(&world, &importer, vec![vec![early]]).await.unwrap();
    assert!(
        matches!(&results[0], RowResult::Error(status) if reason_of(status) == "INVALID_REQUEST")
    );
    let activity = Activity {
        kind: ActivityKind::Call.into(),
        occur_time: moment(YEAR_ONE),
        ..Default::default()
    };
    let request = CreateActivityRequest {
        parent: name,
        activity: Some(activity),
        ..Default::default()
    };
    let refused = world
        .activities(&world.boss())
        .create_activity(request)
        .await;
    assert_eq!(fields(refused), ["activity.occur_time"]);
}
