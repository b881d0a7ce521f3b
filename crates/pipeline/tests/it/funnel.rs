//! Deals that leave a process, in its funnel.

use keynode_proto::pipeline::v1::*;

use crate::world::*;

async fn funnel(world: &World, process: &str) -> GetFunnelResponse {
    let request = GetFunnelRequest {
        process: format!("processes/{process}"),
        ..Default::default()
    };
    let answer = world.history(&world.boss()).get_funnel(request).await;
    answer.unwrap().into_inner()
}

async fn to(world: &World, name: &str, process: &str) {
    let request = MoveOpportunityToProcessRequest {
        name: name.to_owned(),
        process: format!("processes/{process}"),
        reason: "标准产品走短流程".to_owned(),
        ..Default::default()
    };
    let moved = world.moving().move_opportunity_to_process(request).await;
    moved.unwrap();
}

/// Total, left, those of the statuses; and of the first stage reached, closed and left.
fn figures(it: &GetFunnelResponse) -> ([i64; 3], [i64; 3]) {
    let stage = &it.stages[0];
    let stood = it.statuses.iter().map(|it| it.count).sum();
    assert_eq!(it.total, stood + it.left, "it adds up");
    (
        [it.total, it.left, stood],
        [stage.reached, stage.closed, stage.left],
    )
}

#[tokio::test]
async fn a_deal_that_went_on_in_another_process_left() {
    let world = world().await;
    publish(&world, "short", "").await;
    publish(&world, "other", "").await;
    let opened = |name: &str| Opportunity {
        process: "processes/short".to_owned(),
        amount: money(10, 0),
        ..named(name)
    };
    let mut manager = world.manager();
    create(&mut manager, opened("stays")).await;
    let lost = create(&mut manager, opened("given up")).await.name;
    let abandon = AbandonOpportunityRequest {
        name: lost,
        reason: "x".to_owned(),
        ..Default::default()
    };
    world.moving().abandon_opportunity(abandon).await.unwrap();
    let name = create(&mut manager, opened("leaves")).await.name;
    assert_eq!(
        figures(&funnel(&world, "short").await),
        ([3, 0, 3], [3, 1, 0])
    );

    to(&world, &name, "other").await;
    assert_eq!(
        figures(&funnel(&world, "short").await),
        ([3, 1, 2], [3, 1, 1])
    );
    assert_eq!(
        figures(&funnel(&world, "other").await),
        ([1, 0, 1], [1, 0, 0])
    );

    // How it ends there is no end here.
    let abandon = AbandonOpportunityRequest {
        name: name.clone(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    world.moving().abandon_opportunity(abandon).await.unwrap();
    assert_eq!(
        figures(&funnel(&world, "short").await),
        ([3, 1, 2], [3, 1, 1])
    );

    let reopen = ReopenOpportunityRequest {
        name: name.clone(),
        stage: "meet".to_owned(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    world.moving().reopen_opportunity(reopen).await.unwrap();
    to(&world, &name, "short").await;
    assert_eq!(
        figures(&funnel(&world, "short").await),
        ([3, 0, 3], [3, 1, 0])
    );
    assert_eq!(
        figures(&funnel(&world, "other").await),
        ([1, 1, 0], [1, 0, 1])
    );
}

#[tokio::test]
async fn a_span_that_ends_before_it_begins_is_refused() {
    let world = world().await;
    let moment = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let mut history = world.history(&world.boss());
    let mut asked = GetFunnelRequest {
        from_time: moment(1_700_000_000),
        until_time: moment(1_600_000_000),
        ..Default::default()
    };
    assert_eq!(
        fields(history.get_funnel(asked.clone()).await),
        ["until_time"]
    );
    asked.from_time = asked.until_time;
    assert!(history.get_funnel(asked).await.is_ok());
}
