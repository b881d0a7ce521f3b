//! What territories name of accounts and territories that the reader does not see.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::territories::{Territories, make, of_team, territories, updating};
use super::world::{World, id, metadata, reason, refused, take};

/// A manager of one team, whose territory names an account of theirs and two of others.
struct Market {
    world: World,
    manager: Caller,
    theirs: Team,
    others: Team,
    mine: Account,
    hidden: [Account; 2],
}

impl Market {
    async fn new() -> Self {
        let world = World::new().await;
        let theirs = world.team("西北", "", "").await;
        let others = world.team("华东", "", "").await;
        let person = world
            .person(&world.admin, "经理", &theirs.name, "sales_manager")
            .await;
        let manager = Caller {
            person: Some(id(&person.name)),
            ..Caller::person(world.tenant, "sales_manager").in_team(id(&theirs.name))
        };
        let mine = world.account(&manager, "宁夏化工").await;
        let hidden = [
            world.account(&world.admin, "甲").await,
            world.account(&world.admin, "乙").await,
        ];
        Self {
            world,
            manager,
            theirs,
            others,
            mine,
            hidden,
        }
    }

    fn all(&self) -> Territories {
        territories(&self.world, &self.world.admin)
    }

    fn of_manager(&self) -> Territories {
        territories(&self.world, &self.manager)
    }

    fn names(&self) -> Vec<String> {
        let accounts = [&self.mine].into_iter().chain(&self.hidden);
        accounts.map(|account| account.name.clone()).collect()
    }
}

async fn get(calls: &mut Territories, name: &str) -> Territory {
    let request = GetTerritoryRequest {
        name: name.to_owned(),
    };
    take(calls.get_territory(request).await).territory.unwrap()
}

#[tokio::test]
async fn what_a_territory_names_out_of_sight_is_counted_and_not_named() {
    let market = Market::new().await;
    let far = make(&mut market.all(), of_team(&market.others.name)).await;
    let whole = Territory {
        accounts: market.names(),
        parent: far.name.clone(),
        overflow: far.name.clone(),
        ..of_team(&market.theirs.name)
    };
    let whole = make(&mut market.all(), whole).await;
    assert_eq!((whole.accounts.len(), whole.hidden_account_count), (3, 0));
    let mut calls = market.of_manager();
    let seen = get(&mut calls, &whole.name).await;
    assert_eq!(
        (&seen.accounts, seen.hidden_account_count),
        (&vec![market.mine.name.clone()], 2)
    );
    assert_eq!((seen.parent.as_str(), seen.overflow.as_str()), ("", ""));
    let listed = calls.list_territories(ListTerritoriesRequest::default());
    assert_eq!(take(listed.await).territories, [seen]);
    let all = get(&mut market.all(), &whole.name).await;
    assert_eq!((all.parent, all.hidden_account_count), (far.name, 0));
}

#[tokio::test]
async fn who_changes_a_territory_keeps_what_they_do_not_see_of_it() {
    let market = Market::new().await;
    let far = make(&mut market.all(), of_team(&market.others.name)).await;
    let whole = Territory {
        accounts: market.names(),
        parent: far.name.clone(),
        ..of_team(&market.theirs.name)
    };
    let whole = make(&mut market.all(), whole).await;
    let emptied = Territory {
        name: whole.name.clone(),
        priority: 7,
        ..Territory::default()
    };
    let request = updating(&emptied, &["accounts", "priority"]);
    let changed = take(market.of_manager().update_territory(request).await);
    let changed = changed.territory.unwrap();
    assert_eq!(
        (changed.accounts.len(), changed.hidden_account_count),
        (0, 2)
    );
    let stored = get(&mut market.all(), &whole.name).await;
    assert_eq!(
        (&stored.accounts[..], stored.parent, stored.priority),
        (&market.names()[1..], far.name, 7)
    );
}

#[tokio::test]
async fn a_territory_out_of_sight_is_not_resolved_by_name() {
    let market = Market::new().await;
    let far = Territory {
        regions: vec!["宁夏".to_owned()],
        ..of_team(&market.others.name)
    };
    let far = make(&mut market.all(), far).await;
    let asking = ResolveTerritoryRequest {
        location: "宁夏银川".to_owned(),
        ..Default::default()
    };
    let seller = market.world.seller(&market.theirs.name).await;
    for caller in [&seller, &market.manager] {
        let mut calls = territories(&market.world, caller);
        let answer = take(calls.resolve_territory(asking.clone()).await);
        let expected = TerritoryAssignment {
            reason: AssignmentReason::OutOfSight.into(),
            ..TerritoryAssignment::default()
        };
        assert_eq!(answer.assignment, Some(expected));
    }
    let answer = take(market.all().resolve_territory(asking).await);
    assert_eq!(answer.assignment.unwrap().territory, far.name);
}

#[tokio::test]
async fn a_full_territory_out_of_sight_and_the_one_before_are_not_named() {
    let market = Market::new().await;
    let near = make(&mut market.all(), of_team(&market.theirs.name)).await;
    let full = Territory {
        accounts: vec![market.mine.name.clone()],
        capacity: Some(0),
        overflow: near.name.clone(),
        ..of_team(&market.others.name)
    };
    let full = make(&mut market.all(), full).await;
    let asking = ResolveTerritoryRequest {
        account: market.mine.name.clone(),
        ..Default::default()
    };
    for (mut calls, of) in [
        (market.all(), full.name.as_str()),
        (market.of_manager(), ""),
    ] {
        let answer = take(calls.resolve_territory(asking.clone()).await);
        let found = answer.assignment.unwrap();
        assert_eq!(
            (found.territory.as_str(), found.overflow_of.as_str()),
            (near.name.as_str(), of)
        );
        let assigning = AssignAccountsRequest {
            accounts: vec![market.mine.name.clone()],
            validate_only: true,
            ..Default::default()
        };
        let moves = take(calls.assign_accounts(assigning).await).moves;
        assert_eq!(moves[0].assignment.as_ref().unwrap().overflow_of, of);
    }
}

#[tokio::test]
async fn a_loop_of_territories_does_not_name_one_out_of_sight() {
    let market = Market::new().await;
    let top = make(&mut market.all(), of_team(&market.theirs.name)).await;
    let below = |parent: &Territory, team: &Team| Territory {
        parent: parent.name.clone(),
        ..of_team(&team.name)
    };
    let far = make(&mut market.all(), below(&top, &market.others)).await;
    let low = make(&mut market.all(), below(&far, &market.theirs)).await;
    let closing = updating(&below(&low, &market.theirs), &["parent"]);
    let closing = UpdateTerritoryRequest {
        territory: closing.territory.map(|territory| Territory {
            name: top.name.clone(),
            ..territory
        }),
        ..closing
    };
    let status = refused(market.of_manager().update_territory(closing).await);
    assert_eq!(reason(&status), "TERRITORY_CYCLE");
    let way = metadata(&status, "loop").unwrap();
    assert!(
        way.contains("(hidden)") && way.contains(&low.name) && !way.contains(&far.name),
        "{way}"
    );
}
