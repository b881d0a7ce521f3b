use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::accounts::creating;
use super::profiles::yuan;
use super::world::{World, bad_fields, nobody, reason_of, take};

fn of(name: &str) -> GetAccountRollupRequest {
    GetAccountRollupRequest {
        name: name.to_owned(),
    }
}

async fn add(world: &World, account: Account) -> Account {
    let mut accounts = world.accounts(&world.admin);
    take(accounts.create_account(creating(account)).await)
        .account
        .unwrap()
}

#[tokio::test]
async fn a_group_is_added_up_as_far_as_it_is_seen() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mine = |parent: &Account| Account {
        owner: seller.person_name(),
        parent: parent.name.clone(),
        level: AccountLevel::Plant.into(),
        annual_revenue: yuan(7),
        ..Account::default()
    };
    let group = add(
        &world,
        Account {
            level: AccountLevel::Group.into(),
            annual_revenue: yuan(5),
            owner: seller.person_name(),
            ..Account::default()
        },
    )
    .await;
    let hidden = add(
        &world,
        Account {
            parent: group.name.clone(),
            ..Account::default()
        },
    )
    .await;
    let plant = add(&world, mine(&hidden)).await;
    world.contact(&world.admin, &plant.name, "总工").await;
    world.contact(&world.admin, &hidden.name, "厂长").await;

    let whole = take(
        world
            .accounts(&world.admin)
            .get_account_rollup(of(&group.name))
            .await,
    );
    let whole = whole.rollup.unwrap();
    assert_eq!((whole.account_count, whole.contact_count), (3, 2));
    assert_eq!(whole.revenue_unknown_count, 1);
    assert_eq!(whole.revenues[0].total, yuan(12));
    assert_eq!(whole.kinds[0].account_count, 3);
    assert!(!whole.truncated);

    let seen = take(
        world
            .accounts(&seller)
            .get_account_rollup(of(&group.name))
            .await,
    );
    let seen = seen.rollup.unwrap();
    assert_eq!((seen.account_count, seen.contact_count), (2, 1));
    assert_eq!((seen.revenue_unknown_count, seen.levels.len()), (0, 2));
}

#[tokio::test]
async fn decision_maps_are_counted_by_whether_they_are_complete() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    world
        .execute(&format!(
            "insert into accounts.decision_map
             select '{}', gen_random_uuid(), 1, now(), now(), '{}', n = 1 from generate_series(1, 3) n",
            world.tenant,
            super::world::id(&account.name)
        ))
        .await;
    let answer = take(
        world
            .accounts(&world.admin)
            .get_account_rollup(of(&account.name))
            .await,
    );
    let rollup = answer.rollup.unwrap();
    assert_eq!(
        (rollup.decision_map_count, rollup.open_decision_map_count),
        (3, 2)
    );
}

#[tokio::test]
async fn what_is_beyond_the_bound_is_told() {
    let world = World::new().await;
    let group = world.account(&world.admin, "集团").await;
    world
        .execute(&format!(
            "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name,
                                           industry, location, parent_id)
             select '{}', gen_random_uuid(), 1, now(), now(), 'x', '', '', '{}'
             from generate_series(1, 10000)",
            world.tenant,
            super::world::id(&group.name)
        ))
        .await;
    let answer = take(
        world
            .accounts(&world.admin)
            .get_account_rollup(of(&group.name))
            .await,
    );
    let rollup = answer.rollup.unwrap();
    assert_eq!((rollup.account_count, rollup.truncated), (10_000, true));
}

#[tokio::test]
async fn a_group_that_is_not_seen_is_not_there() {
    let world = World::new().await;
    let group = world.account(&world.admin, "集团").await;
    let seller = world.seller("").await;
    let other = world.settle(tenant()).await;
    for caller in [&seller, &other] {
        let answer = world
            .accounts(caller)
            .get_account_rollup(of(&group.name))
            .await;
        assert_eq!(reason_of(answer), "ACCOUNT_NOT_FOUND");
    }
    let mut accounts = world.accounts(&world.admin);
    let gone = accounts.get_account_rollup(of(&nobody("accounts"))).await;
    assert_eq!(reason_of(gone), "ACCOUNT_NOT_FOUND");
    assert_eq!(
        bad_fields(accounts.get_account_rollup(of("x")).await),
        ["name"]
    );
}
