//! While somebody is away, whoever stands in is told instead.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::notification::v1::Notice;

use super::inbox::{awaited, deal, forced, notices};
use super::world::World;

/// The day of a moment where people are of whom no time zone is known.
fn day(at: Timestamp) -> Date {
    at.in_tz("Asia/Shanghai").unwrap().date()
}

/// From the day before a moment to the day after it.
fn around(at: Timestamp) -> [Date; 2] {
    [day(at).yesterday().unwrap(), day(at).tomorrow().unwrap()]
}

fn weeks_ago(weeks: i64) -> Timestamp {
    Clock::system().now() - (weeks * 7 * 24).hours()
}

async fn inbox(world: &World, of: &Caller) -> Vec<Notice> {
    notices(&world.server.connect(of)).await
}

/// Waits for the one notice of somebody.
async fn told(world: &World, whom: &Caller) -> Notice {
    let mut found = awaited(&world.server.connect(whom), 1).await;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[tokio::test]
async fn who_stands_in_for_the_owner_and_the_manager_is_told() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let (deputy, director) = (
        world.colleague("代理").await,
        world.colleague("副总监").await,
    );
    let now = Clock::system().now();
    world.away(&seller, &deputy, around(now)).await;
    world.away(&manager, &director, around(now)).await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, "services/pipeline", &forced(&deal))
        .await;
    let to_deputy = told(&world, &deputy).await;
    assert_eq!(
        (to_deputy.capacity.as_str(), to_deputy.subject.as_str()),
        ("owner", deal.name.as_str())
    );
    assert_eq!(told(&world, &director).await.capacity, "manager");
    // Both notices of an event are written at once.
    assert!(inbox(&world, &seller).await.is_empty());
    assert!(inbox(&world, &manager).await.is_empty());
}

#[tokio::test]
async fn the_time_of_the_event_decides_who_was_there() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let deputy = world.colleague("代理").await;
    let then = weeks_ago(4);
    world.away(&seller, &deputy, around(then)).await;
    let (during, after) = (deal(&seller), deal(&seller));
    for (deal, at) in [(&during, then), (&after, weeks_ago(2))] {
        world
            .write_at(at, &deal.name, &manager.person_name(), &forced(deal))
            .await;
    }
    assert_eq!(told(&world, &deputy).await.subject, during.name);
    assert_eq!(told(&world, &seller).await.subject, after.name);
}

#[tokio::test]
async fn a_chain_of_deputies_is_followed_and_nobody_is_told_twice() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let deputy = world.colleague("代理").await;
    let now = Clock::system().now();
    world.away(&seller, &deputy, around(now)).await;
    world.away(&deputy, &manager, around(now)).await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, "services/pipeline", &forced(&deal))
        .await;
    assert_eq!(told(&world, &manager).await.capacity, "owner");
    assert!(inbox(&world, &deputy).await.is_empty());
    assert!(inbox(&world, &seller).await.is_empty());
}

#[tokio::test]
async fn when_nobody_stands_in_the_person_is_told() {
    let world = World::new().await;
    let (seller, _) = world.seller_and_manager().await;
    let deputy = world.colleague("代理").await;
    let now = Clock::system().now();
    world.away(&seller, &deputy, around(now)).await;
    world.away(&deputy, &seller, around(now)).await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, "services/pipeline", &forced(&deal))
        .await;
    assert_eq!(told(&world, &seller).await.capacity, "owner");
    assert!(inbox(&world, &deputy).await.is_empty());
}

#[tokio::test]
async fn a_deputy_is_not_told_of_what_they_did_themselves() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let deputy = world.colleague("代理").await;
    world
        .away(&seller, &deputy, around(Clock::system().now()))
        .await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, &deputy.person_name(), &forced(&deal))
        .await;
    assert_eq!(told(&world, &manager).await.capacity, "manager");
    assert!(inbox(&world, &deputy).await.is_empty());
    assert!(inbox(&world, &seller).await.is_empty());
}
