use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::territories::{Territories, make, of_team, territories, updating};
use super::world::{
    World, bad_fields, id, metadata, nobody, reason, reason_of, refused, request_id, take,
};

async fn located(world: &World, name: &str, location: &str) -> Account {
    let account = Account {
        display_name: name.to_owned(),
        location: location.to_owned(),
        industry: "Chemicals".to_owned(),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        ..Default::default()
    };
    take(world.accounts(&world.admin).create_account(request).await)
        .account
        .unwrap()
}

async fn read(world: &World, name: &str) -> Account {
    let request = GetAccountRequest {
        name: name.to_owned(),
    };
    take(world.accounts(&world.admin).get_account(request).await)
        .account
        .unwrap()
}

fn naming(accounts: &[&Account]) -> AssignAccountsRequest {
    AssignAccountsRequest {
        accounts: accounts.iter().map(|a| a.name.clone()).collect(),
        ..Default::default()
    }
}

fn everything() -> AssignAccountsRequest {
    AssignAccountsRequest {
        filter: Some(AssignmentFilter::default()),
        ..Default::default()
    }
}

fn reasons(answer: &AssignAccountsResponse) -> Vec<AssignmentReason> {
    let of = |m: &AccountMove| m.assignment.as_ref().unwrap().reason();
    answer.moves.iter().map(of).collect()
}

/// A territory for Ningxia with an owner.
async fn northwest(world: &World, calls: &mut Territories) -> (Caller, Territory) {
    let team = world.team("西北", "", "").await;
    let owner = world.seller(&team.name).await;
    let territory = Territory {
        regions: vec!["宁夏".to_owned()],
        owner: owner.person_name(),
        ..of_team(&team.name)
    };
    (owner, make(calls, territory).await)
}

#[tokio::test]
async fn accounts_go_where_they_fall_and_each_has_its_event() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let (owner, territory) = northwest(&world, &mut calls).await;
    let fits = located(&world, "宁夏化工", "宁夏银川").await;
    let stays = located(&world, "上海化工", "上海").await;
    let preview = AssignAccountsRequest {
        validate_only: true,
        ..naming(&[&stays, &fits])
    };
    let previewed = take(calls.assign_accounts(preview).await);
    assert_eq!(
        read(&world, &fits.name).await,
        fits,
        "a preview moves nothing"
    );
    let request = AssignAccountsRequest {
        request_id: request_id(),
        ..naming(&[&stays, &fits])
    };
    let answer = take(calls.assign_accounts(request.clone()).await);
    assert_eq!(answer, previewed);
    assert_eq!(take(calls.assign_accounts(request).await), answer);
    assert_eq!(
        reasons(&answer),
        [AssignmentReason::NoTerritory, AssignmentReason::Region],
        "in the order of the request"
    );
    let moved = &answer.moves[1];
    assert_eq!(
        (moved.moved, moved.from_owner.as_str(), answer.moved_count),
        (true, world.admin.person_name().as_str(), 1)
    );
    let now = read(&world, &fits.name).await;
    assert_eq!(
        (now.owner.as_str(), now.team.as_str(), now.etag.as_str()),
        (owner.person_name().as_str(), territory.team.as_str(), "2")
    );
    let events = world.events(&fits.name).await;
    let change: AccountChanged = events[1].message();
    assert_eq!((events.len(), change.after), (2, Some(now)));
    assert_eq!(world.events(&stays.name).await.len(), 1);
    let again = take(calls.assign_accounts(everything()).await);
    assert_eq!(again.moved_count, 0, "the second call moves nothing");
    let get = GetTerritoryRequest {
        name: territory.name.clone(),
    };
    let territory = take(calls.get_territory(get).await).territory.unwrap();
    assert_eq!(territory.account_count, 1);
    let by_territory = AssignAccountsRequest {
        filter: Some(AssignmentFilter {
            territory: territory.name,
            ..Default::default()
        }),
        ..Default::default()
    };
    let found = take(calls.assign_accounts(by_territory).await);
    assert_eq!(
        found.moves[0].assignment.as_ref().unwrap().account,
        fits.name
    );
    assert_eq!(found.moves.len(), 1);
}

#[tokio::test]
async fn a_name_beats_a_rule_and_what_is_full_overflows() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let spill = make(&mut calls, of_team(&team.name)).await;
    let named = located(&world, "重点", "宁夏").await;
    let other = located(&world, "其他", "宁夏").await;
    let third = located(&world, "第三", "宁夏").await;
    let full = Territory {
        regions: vec!["宁夏".to_owned()],
        accounts: vec![named.name.clone()],
        capacity: Some(1),
        overflow: spill.name.clone(),
        ..of_team(&team.name)
    };
    let full = make(&mut calls, full).await;
    let tight = Territory {
        capacity: Some(1),
        ..spill.clone()
    };
    let tight = take(
        calls
            .update_territory(updating(&tight, &["capacity"]))
            .await,
    )
    .territory
    .unwrap();
    let request = naming(&[&other, &third, &named]);
    let answer = take(calls.assign_accounts(request).await);
    assert_eq!(
        reasons(&answer),
        [
            AssignmentReason::Overflow,
            AssignmentReason::AllFull,
            AssignmentReason::Named
        ]
    );
    let first = answer.moves[0].assignment.clone().unwrap();
    assert_eq!(
        (&first.territory, &first.overflow_of),
        (&tight.name, &full.name)
    );
    let seen = read(&world, &third.name).await;
    assert_eq!(seen, third, "what finds no room stays");
}

#[tokio::test]
async fn without_an_owner_the_team_keeps_its_own_people() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let member = world.seller(&team.name).await;
    let shared = Territory {
        regions: vec!["宁夏".to_owned()],
        ..of_team(&team.name)
    };
    make(&mut calls, shared).await;
    let outsiders = located(&world, "甲", "宁夏").await;
    let request = CreateAccountRequest {
        account: Some(Account {
            display_name: "乙".to_owned(),
            location: "宁夏".to_owned(),
            owner: member.person_name(),
            ..Account::default()
        }),
        ..Default::default()
    };
    let members = take(world.accounts(&world.admin).create_account(request).await);
    let members = members.account.unwrap();
    take(calls.assign_accounts(everything()).await);
    let owners = (
        read(&world, &outsiders.name).await.owner,
        read(&world, &members.name).await.owner,
    );
    assert_eq!(owners, (String::new(), member.person_name()));
}

#[tokio::test]
async fn two_assignments_at_once_do_not_overfill() {
    let world = World::new().await;
    world.warm_up().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let small = Territory {
        regions: vec!["宁夏".to_owned()],
        capacity: Some(1),
        ..of_team(&team.name)
    };
    make(&mut calls, small).await;
    let a = located(&world, "甲", "宁夏").await;
    let b = located(&world, "乙", "宁夏").await;
    let (mut one, mut two) = (
        territories(&world, &world.admin),
        territories(&world, &world.admin),
    );
    let (x, y) = tokio::join!(
        one.assign_accounts(naming(&[&a])),
        two.assign_accounts(naming(&[&b]))
    );
    let mut found = [reasons(&take(x)), reasons(&take(y))].concat();
    found.sort();
    assert_eq!(found, [AssignmentReason::Region, AssignmentReason::AllFull]);
}

#[tokio::test]
async fn only_what_is_seen_moves_and_only_to_where_it_is_seen() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    northwest(&world, &mut calls).await;
    let east = world.team("华东", "", "").await;
    let manager = world
        .person(&world.admin, "经理", &east.name, "sales_manager")
        .await;
    let manager = Caller {
        person: Some(id(&manager.name)),
        ..Caller::person(world.tenant, "sales_manager")
    }
    .in_team(id(&east.name));
    let hidden = located(&world, "看不见", "宁夏").await;
    let mut managed = territories(&world, &manager);
    assert_eq!(
        reason_of(managed.assign_accounts(naming(&[&hidden])).await),
        "ACCOUNT_NOT_FOUND"
    );
    let request = CreateAccountRequest {
        account: Some(Account {
            display_name: "我的".to_owned(),
            location: "宁夏".to_owned(),
            ..Account::default()
        }),
        ..Default::default()
    };
    let mine = take(world.accounts(&manager).create_account(request).await);
    let answer = take(managed.assign_accounts(everything()).await);
    assert_eq!(reasons(&answer), [AssignmentReason::OutOfSight]);
    let mine = mine.account.unwrap();
    assert_eq!(read(&world, &mine.name).await, mine);
    let seller = world.seller("").await;
    assert_eq!(
        reason_of(
            territories(&world, &seller)
                .assign_accounts(everything())
                .await
        ),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn an_assignment_says_which_accounts_and_not_too_many() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    assert_eq!(
        bad_fields(
            calls
                .assign_accounts(AssignAccountsRequest::default())
                .await
        ),
        ["accounts"]
    );
    let both = AssignAccountsRequest {
        accounts: vec!["x".to_owned()],
        filter: Some(AssignmentFilter {
            owner: "x".to_owned(),
            team: "x".to_owned(),
            territory: "x".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(calls.assign_accounts(both).await),
        [
            "accounts",
            "filter.owner",
            "filter.team",
            "filter.territory"
        ]
    );
    let many = AssignAccountsRequest {
        accounts: vec![nobody("accounts"); 1001],
        ..Default::default()
    };
    assert_eq!(bad_fields(calls.assign_accounts(many).await), ["accounts"]);
    let sql = format!(
        "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name, industry, location)
         select '{}', gen_random_uuid(), 1, now(), now(), 'x', '', '' from generate_series(1, 5001)",
        world.tenant
    );
    world.execute(&sql).await;
    let status = refused(calls.assign_accounts(everything()).await);
    assert_eq!(reason(&status), "TOO_MANY_ACCOUNTS");
    assert_eq!(metadata(&status, "count").as_deref(), Some("5001"));
    let none = AssignAccountsRequest {
        filter: Some(AssignmentFilter {
            source_system: "sap".to_owned(),
            without_owner: true,
            ..Default::default()
        }),
        ..Default::default()
    };
    assert!(take(calls.assign_accounts(none).await).moves.is_empty());
}

#[tokio::test]
async fn a_territory_is_resolved_for_an_account_and_for_one_like_it() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let (owner, territory) = northwest(&world, &mut calls).await;
    let like = ResolveTerritoryRequest {
        location: "宁夏石嘴山".to_owned(),
        ..Default::default()
    };
    let found = take(calls.resolve_territory(like.clone()).await);
    let found = found.assignment.unwrap();
    assert_eq!(
        (&found.territory, &found.owner, found.reason()),
        (
            &territory.name,
            &owner.person_name(),
            AssignmentReason::Region
        )
    );
    let account = located(&world, "宁夏化工", "宁夏").await;
    let of_account = ResolveTerritoryRequest {
        account: account.name.clone(),
        ..Default::default()
    };
    let found = take(calls.resolve_territory(of_account).await);
    assert_eq!(found.assignment.unwrap().account, account.name);
    let elsewhere = ResolveTerritoryRequest {
        location: "上海".to_owned(),
        ..Default::default()
    };
    let none = take(calls.resolve_territory(elsewhere).await);
    let none = none.assignment.unwrap();
    assert_eq!(
        (none.territory.as_str(), none.reason()),
        ("", AssignmentReason::NoTerritory)
    );
    let both = ResolveTerritoryRequest {
        account: account.name.clone(),
        ..like
    };
    assert_eq!(bad_fields(calls.resolve_territory(both).await), ["account"]);
    let seller = world.seller("").await;
    let hidden = ResolveTerritoryRequest {
        account: account.name,
        ..Default::default()
    };
    assert_eq!(
        reason_of(territories(&world, &seller).resolve_territory(hidden).await),
        "ACCOUNT_NOT_FOUND"
    );
}
