//! Lists of maps.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, creating, playing};
use super::world::{World, bad_fields, nobody, reason_of, take};

async fn start(world: &World, by: &Caller, account: &str) -> String {
    let request = creating(&nobody("opportunities"), account);
    take(world.maps(by).create_decision_map(request).await)
        .decision_map
        .unwrap()
        .name
}

async fn listed(world: &World, caller: &Caller, request: ListDecisionMapsRequest) -> Vec<String> {
    let answer = take(world.maps(caller).list_decision_maps(request).await);
    let maps = answer.decision_maps.into_iter();
    maps.map(|map| map.name).collect()
}

#[tokio::test]
async fn maps_are_listed_page_by_page_in_the_order_of_their_deals() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(start(&world, &world.admin, &account.name).await);
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let request = ListDecisionMapsRequest {
            page_size: 2,
            page_token: token,
            ..Default::default()
        };
        let page = take(world.maps(&world.admin).list_decision_maps(request).await);
        found.extend(page.decision_maps.into_iter().map(|map| map.name));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((found, pages), (names, 3));
}

#[tokio::test]
async fn a_listed_map_is_whole() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.contact("甲").await, deal.contact("乙").await);
    let competitor = deal.competitor("A").await;
    let request = deal.competing(&[&competitor]);
    take(deal.maps.set_map_competitors(request).await);
    deal.criterion("price").await;
    for contact in [&a, &b] {
        deal.set(playing(contact, StakeholderRole::User)).await;
    }
    let map = deal.influence(&a, &b, 50).await;
    let other = deal.world.account(&deal.world.admin, "别的").await;
    start(&deal.world, &deal.world.admin, &other.name).await;
    let request = ListDecisionMapsRequest {
        contact: b,
        ..Default::default()
    };
    let found = take(deal.maps.list_decision_maps(request).await);
    assert_eq!(found.decision_maps, [map]);
}

#[tokio::test]
async fn maps_are_found_by_customer_and_stakeholder_as_far_as_the_caller_sees() {
    let deal = Deal::new().await;
    let world = &deal.world;
    let seller = world.seller("").await;
    let own = world.account(&seller, "自己的").await;
    let of_seller = start(world, &seller, &own.name).await;
    let all = ListDecisionMapsRequest::default();
    assert_eq!(
        listed(world, &world.admin, all.clone()).await,
        [deal.map.name.clone(), of_seller.clone()]
    );
    assert_eq!(
        listed(world, &seller, all.clone()).await,
        vec![of_seller.clone()]
    );
    let foreign = world.settle(tenant()).await;
    assert!(listed(world, &foreign, all).await.is_empty());

    let of = |account: &str| ListDecisionMapsRequest {
        account: account.to_owned(),
        ..Default::default()
    };
    assert_eq!(
        listed(world, &world.admin, of(&own.name)).await,
        [of_seller]
    );
    assert!(
        listed(world, &seller, of(&deal.account.name))
            .await
            .is_empty()
    );
    assert!(
        listed(world, &world.admin, of(&nobody("accounts")))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn bad_arguments_of_the_list_are_refused() {
    let world = World::new().await;
    let mut maps = world.maps(&world.admin);
    let bad = ListDecisionMapsRequest {
        account: "x".to_owned(),
        contact: "insiders/1".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(maps.list_decision_maps(bad).await),
        ["account", "contact"]
    );
    let negative = ListDecisionMapsRequest {
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(
        bad_fields(maps.list_decision_maps(negative).await),
        ["page_size"]
    );
    let foreign = ListDecisionMapsRequest {
        page_token: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason_of(maps.list_decision_maps(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
}
