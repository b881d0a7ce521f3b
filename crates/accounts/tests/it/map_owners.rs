//! Whose opportunity a map may be started for: pipeline knows.

use keynode_proto::accounts::v1::*;

use super::deal::creating;
use super::world::{
    World, bad_fields, metadata, nobody, reason, reason_of, refused, request_id, take,
};

#[tokio::test]
async fn nobody_starts_the_map_of_a_deal_that_they_do_not_see() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let account = world.account(&seller, "自己的").await;
    let deal = nobody("opportunities");
    world.pipeline.forget(&deal);
    let mut maps = world.maps(&seller);
    let status = refused(
        maps.create_decision_map(creating(&deal, &account.name))
            .await,
    );
    assert_eq!(
        (reason(&status).as_str(), metadata(&status, "name")),
        ("OPPORTUNITY_NOT_FOUND", Some(deal.clone()))
    );
    assert!(world.pipeline.was_asked_on_behalf());
    let name = format!("{deal}/decisionMap");
    assert!(world.events(&name).await.is_empty());
}

#[tokio::test]
async fn the_map_is_of_the_customer_whom_the_deal_names() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let other = world.account(&world.admin, "设计院").await;
    let deal = nobody("opportunities");
    world.pipeline.sell(&deal, &account.name);
    let mut maps = world.maps(&world.admin);
    let wrong = maps.create_decision_map(creating(&deal, &other.name)).await;
    assert_eq!(bad_fields(wrong), ["account"]);
    let map = take(
        maps.create_decision_map(creating(&deal, &account.name))
            .await,
    );
    assert_eq!(map.decision_map.unwrap().account, account.name);
}

#[tokio::test]
async fn a_repeat_is_answered_while_pipeline_is_away() {
    let mut world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut maps = world.maps(&world.admin);
    let request = CreateDecisionMapRequest {
        request_id: request_id(),
        ..creating(&nobody("opportunities"), &account.name)
    };
    let first = take(maps.create_decision_map(request.clone()).await);
    world.pipeline.stop().await;
    let repeat = take(maps.create_decision_map(request.clone()).await);
    assert_eq!(repeat, first);
    let reused = CreateDecisionMapRequest {
        opportunity: nobody("opportunities"),
        ..request
    };
    assert_eq!(
        reason_of(maps.create_decision_map(reused).await),
        "REQUEST_ID_REUSED"
    );
    let new = creating(&nobody("opportunities"), &account.name);
    let status = refused(maps.create_decision_map(new).await);
    assert_eq!(
        (reason(&status).as_str(), metadata(&status, "service")),
        ("UNAVAILABLE", Some("pipeline".to_owned()))
    );
}
