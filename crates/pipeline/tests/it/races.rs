//! Many who change the same deals at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::*;

use crate::bulk::{event, import, tell};
use crate::world::*;

const WRITERS: usize = 8;

/// Changes what is said of a deal for as long as it may; how often it did.
async fn write(mut client: Opportunities, name: String, goes_on: Arc<AtomicBool>) -> u32 {
    let mut written = 0;
    while goes_on.load(Ordering::Relaxed) {
        let news = Opportunity {
            name: name.clone(),
            product: uuid::Uuid::now_v7().to_string(),
            ..Default::default()
        };
        update(&mut client, news, &["product"]).await.unwrap();
        written += 1;
    }
    written
}

#[tokio::test]
async fn whoever_guards_by_no_etag_advances_while_others_write() {
    let world = world().await;
    publish(&world, "short", "").await;
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        ..named("deal")
    };
    let deal = create(&mut world.manager(), deal).await;
    let deal = evidence(&mut world.manager(), &deal.name, "meet_ready").await;
    let goes_on = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(world.manager(), deal.name.clone(), goes_on.clone())))
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let moved = advance(&mut world.manager(), &deal.name).await;
    goes_on.store(false, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let (after, moved) = moved
        .map(|it| (it.opportunity.unwrap(), it.r#move.unwrap()))
        .unwrap();
    assert_eq!(
        (after.stage.as_str(), moved.to_stage.as_str()),
        ("sign", "sign")
    );
    assert!(written > 0);
    // The version that it was judged by is the one that it was moved from.
    let version: i64 = after.etag.parse().unwrap();
    assert_eq!(moved.basis.unwrap().opportunity_version, version - 1);
    let sequences = world.sequences(&deal.name).await;
    assert!(sequences.is_sorted() && sequences.len() as u32 == written + 3);
}

fn ago(days: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: Clock::system().now().as_second() - days * 86_400,
        nanos: 0,
    })
}

fn told(round: i64, deals: usize, by: usize) -> Vec<OpportunityEvent> {
    (0..deals)
        .map(|deal| OpportunityEvent {
            // All of them long ago: the deals stay idle.
            occur_time: ago(60 - round),
            ..event(
                &deal.to_string(),
                &format!("{by}-{deal}-{round}"),
                0,
                "meet",
            )
        })
        .collect()
}

#[tokio::test]
async fn whoever_brings_in_the_past_does_not_meet_the_timers() {
    const DEALS: usize = 60;
    const ROUNDS: i64 = 12;
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let importer = Caller::integrator(world.tenant);
    let rows = (0..DEALS).map(|n| {
        let mut row = row(&n.to_string(), "meet");
        row.opportunity.as_mut().unwrap().process = "processes/timed".to_owned();
        row.stage_enter_time = ago(90);
        row
    });
    let _replicas = (world.react(), world.react());
    import(&world, &importer, vec![rows.collect()])
        .await
        .unwrap();
    let moved = AtomicU32::new(0);
    let stream = async |by: usize| {
        for round in 0..ROUNDS {
            let results = tell(&world, &importer, vec![told(round, DEALS, by)])
                .await
                .unwrap();
            for result in results {
                assert!(!matches!(result, EventResult::Error(_)), "{result:?}");
                moved.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    tokio::join!(stream(1), stream(2));
    assert_eq!(moved.into_inner() as usize, 2 * DEALS * ROUNDS as usize);
    let request = ListStalledOpportunitiesRequest {
        page_size: 1000,
        ..Default::default()
    };
    let mut history = world.history(&world.boss());
    for _ in 0..600 {
        let stalled = history
            .list_stalled_opportunities(request.clone())
            .await
            .unwrap();
        if stalled.into_inner().opportunities.len() == DEALS {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not every deal that stalls was told");
}
