use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::account_row_result::Result as Outcome;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use prost::Message as _;

use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

fn row(external_id: &str, display_name: &str, parent: &str) -> AccountRow {
    let key = ExternalKey {
        source_system: "sap".to_owned(),
        external_id: external_id.to_owned(),
    };
    let account = Account {
        display_name: display_name.to_owned(),
        external_key: Some(key),
        ..Account::default()
    };
    AccountRow {
        account: Some(account),
        parent_external_id: parent.to_owned(),
    }
}

fn with(mut row: AccountRow, change: impl FnOnce(&mut Account)) -> AccountRow {
    change(row.account.as_mut().unwrap());
    row
}

fn batch(rows: Vec<AccountRow>) -> BatchUpsertAccountsRequest {
    BatchUpsertAccountsRequest {
        rows,
        ..Default::default()
    }
}

async fn import(world: &World, caller: &Caller, rows: Vec<AccountRow>) -> Vec<Outcome> {
    let answer = take(
        world
            .accounts(caller)
            .batch_upsert_accounts(batch(rows))
            .await,
    );
    answer
        .results
        .into_iter()
        .map(|result| result.result.unwrap())
        .collect()
}

/// What happened, in a word: for a refusal its reason.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created(_) => "created".to_owned(),
        Outcome::Updated(_) => "updated".to_owned(),
        Outcome::Unchanged(_) => "unchanged".to_owned(),
        Outcome::Error(status) => {
            let info = status
                .details
                .iter()
                .find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"))
                .unwrap();
            tonic_types::pb::ErrorInfo::decode(info.value.as_slice())
                .unwrap()
                .reason
        }
    }
}

fn words(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(word).collect()
}

async fn get(world: &World, outcome: &Outcome) -> Account {
    let (Outcome::Created(name) | Outcome::Updated(name) | Outcome::Unchanged(name)) = outcome
    else {
        panic!("refused: {}", word(outcome))
    };
    let request = GetAccountRequest { name: name.clone() };
    take(world.accounts(&world.admin).get_account(request).await)
        .account
        .unwrap()
}

#[tokio::test]
async fn rows_are_added_changed_or_left_and_parents_come_in_any_order() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    let rows = vec![
        row("3", "车间", "2"),
        row("2", "工厂", "1"),
        row("1", "集团", ""),
    ];
    let first = import(&world, &integrator, rows.clone()).await;
    assert_eq!(words(&first), ["created", "created", "created"]);
    let (shop, plant, group) = (
        get(&world, &first[0]).await,
        get(&world, &first[1]).await,
        get(&world, &first[2]).await,
    );
    assert_eq!(
        (shop.parent, plant.parent.clone(), group.parent),
        (plant.name, group.name.clone(), String::new())
    );
    assert_eq!((group.owner.as_str(), group.team.as_str()), ("", ""));

    assert_eq!(
        words(&import(&world, &integrator, rows).await),
        ["unchanged"; 3]
    );
    let moved = vec![
        row("3", "车间", "1"),
        row("2", "", ""),
        row("4", "新厂", "1"),
    ];
    let second = import(&world, &integrator, moved).await;
    assert_eq!(words(&second), ["updated", "unchanged", "created"]);
    assert_eq!(get(&world, &second[0]).await.parent, group.name);
    assert_eq!(
        get(&world, &second[1]).await.parent,
        plant.parent,
        "what is not said is kept"
    );
    assert_eq!(get(&world, &second[2]).await.parent, group.name);
    assert_eq!(
        world
            .events(&get(&world, &second[0]).await.name)
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn a_bad_row_changes_nothing_and_stops_no_other() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    import(&world, &integrator, vec![row("9", "旧", "")]).await;
    let outcomes = import(
        &world,
        &integrator,
        vec![
            row("1", "好", ""),
            row("2", "", ""),
            with(row("3", "坏", ""), |account| {
                account.owner = nobody("people")
            }),
            with(row("4", "坏", ""), |account| {
                account.team = nobody("teams")
            }),
            with(row("5", "坏", ""), |account| {
                account.parent = nobody("accounts")
            }),
            row("6", "坏", "404"),
            row("7", "孤儿", "3"),
            row("8", "孤儿的孩子", "7"),
            with(row("9", "新", ""), |account| {
                account.founded_year = Some(-1)
            }),
            AccountRow::default(),
        ],
    )
    .await;
    let expected = [
        "created",
        "INVALID_REQUEST",
        "PERSON_NOT_FOUND",
        "TEAM_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "INVALID_REQUEST",
        "INVALID_REQUEST",
    ];
    assert_eq!(words(&outcomes), expected);
    assert_eq!(
        world.count("select count(*) from accounts.account").await,
        2
    );
    assert_eq!(
        world
            .count("select count(*) from accounts.account where display_name = '旧'")
            .await,
        1
    );
}

#[tokio::test]
async fn rows_that_stand_above_themselves_are_refused_and_the_others_not() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    let outcomes = import(
        &world,
        &integrator,
        vec![
            row("a", "a", "b"),
            row("b", "b", "a"),
            row("c", "c", "c"),
            row("d", "d", ""),
            row("e", "e", "d"),
        ],
    )
    .await;
    assert_eq!(
        words(&outcomes),
        [
            "ACCOUNT_CYCLE",
            "ACCOUNT_CYCLE",
            "ACCOUNT_CYCLE",
            "created",
            "created"
        ]
    );
    let closing = import(
        &world,
        &integrator,
        vec![row("d", "d", "e"), row("e", "新名", "")],
    )
    .await;
    assert_eq!(words(&closing), ["ACCOUNT_CYCLE", "updated"]);
}

#[tokio::test]
async fn a_refusal_may_close_the_loop_that_it_would_have_opened() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    import(
        &world,
        &integrator,
        vec![row("b", "b", ""), row("a", "a", "b")],
    )
    .await;
    let escape = with(row("a", "a", ""), |account| {
        account.parent = nobody("accounts")
    });
    let outcomes = import(&world, &integrator, vec![row("b", "b", "a"), escape]).await;
    assert_eq!(words(&outcomes), ["ACCOUNT_CYCLE", "ACCOUNT_NOT_FOUND"]);
}

#[tokio::test]
async fn turning_a_group_upside_down_is_no_loop() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    let first = import(
        &world,
        &integrator,
        vec![row("a", "a", ""), row("b", "b", "a")],
    )
    .await;
    let (a, b) = (get(&world, &first[0]).await, get(&world, &first[1]).await);
    let c = import(&world, &integrator, vec![row("c", "c", "")]).await;
    let turned = import(
        &world,
        &integrator,
        vec![row("a", "a", "b"), row("b", "b", "c")],
    )
    .await;
    assert_eq!(words(&turned), ["updated", "updated"]);
    assert_eq!(get(&world, &turned[0]).await.parent, b.name);
    assert_eq!(
        get(&world, &turned[1]).await.parent,
        get(&world, &c[0]).await.name
    );
    assert_eq!(a.name, get(&world, &turned[0]).await.name);
}

#[tokio::test]
async fn an_ambiguous_empty_or_huge_batch_is_refused_whole() {
    let world = World::new().await;
    let mut accounts = world.accounts(&Caller::integrator(world.tenant));
    let twice = batch(vec![
        row("1", "a", ""),
        row("2", "b", ""),
        row(" 1 ", "c", ""),
    ]);
    assert_eq!(
        bad_fields(accounts.batch_upsert_accounts(twice).await),
        ["rows[2].account.external_key"]
    );
    assert_eq!(
        bad_fields(accounts.batch_upsert_accounts(batch(Vec::new())).await),
        ["rows"]
    );
    let huge = (0..1001).map(|n| row(&n.to_string(), "x", "")).collect();
    assert_eq!(
        bad_fields(accounts.batch_upsert_accounts(batch(huge)).await),
        ["rows"]
    );
    assert_eq!(
        world.count("select count(*) from accounts.account").await,
        0
    );
}

#[tokio::test]
async fn an_import_touches_only_what_its_caller_sees() {
    let world = World::new().await;
    let (seller, other) = (world.seller("").await, world.seller("").await);
    let mine = import(&world, &seller, vec![row("1", "我的", "")]).await;
    assert_eq!(get(&world, &mine[0]).await.owner, seller.person_name());
    let given = with(row("3", "送", ""), |account| {
        account.owner = seller.person_name()
    });
    let outcomes = import(
        &world,
        &other,
        vec![row("1", "抢", ""), row("2", "下", "1"), given],
    )
    .await;
    assert_eq!(
        words(&outcomes),
        ["ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_FOUND", "INVALID_REQUEST"]
    );
}

#[tokio::test]
async fn repeats_and_checks_are_told_apart() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let check = BatchUpsertAccountsRequest {
        validate_only: true,
        ..batch(vec![row("1", "a", "")])
    };
    assert_eq!(
        take(accounts.batch_upsert_accounts(check).await)
            .results
            .len(),
        1
    );
    assert_eq!(
        world.count("select count(*) from accounts.account").await,
        0
    );
    let request = BatchUpsertAccountsRequest {
        request_id: request_id(),
        ..batch(vec![row("1", "a", "")])
    };
    let first = take(accounts.batch_upsert_accounts(request.clone()).await);
    assert_eq!(
        take(accounts.batch_upsert_accounts(request.clone()).await),
        first
    );
    let other = BatchUpsertAccountsRequest {
        rows: vec![row("2", "b", "")],
        ..request
    };
    assert_eq!(
        reason_of(accounts.batch_upsert_accounts(other).await),
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn two_imports_at_once_make_each_account_once() {
    let world = World::new().await;
    world.warm_up().await;
    let rows: Vec<_> = (0..50).map(|n| row(&n.to_string(), "x", "")).collect();
    let reversed: Vec<_> = rows.iter().rev().cloned().collect();
    let (one, two) = tokio::join!(
        import(&world, &world.admin, rows),
        import(&world, &world.admin, reversed)
    );
    let created = one
        .iter()
        .chain(&two)
        .filter(|outcome| matches!(outcome, Outcome::Created(_)))
        .count();
    assert_eq!(
        (
            created,
            world.count("select count(*) from accounts.account").await
        ),
        (50, 50)
    );
}

#[tokio::test]
async fn a_thousand_rows_go_in_at_once() {
    let world = World::new().await;
    let rows: Vec<_> = (0..1000)
        .map(|n: i32| {
            let parent = if n == 0 {
                String::new()
            } else {
                (n / 2).to_string()
            };
            let parent = if n == 1 { "0".to_owned() } else { parent };
            row(&n.to_string(), &format!("客户 {n}"), &parent)
        })
        .collect();
    let outcomes = import(&world, &world.admin, rows.clone()).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Created(_)))
    );
    let renamed = rows
        .into_iter()
        .map(|row| with(row, |account| account.industry = "steel".to_owned()))
        .collect();
    let outcomes = import(&world, &world.admin, renamed).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Updated(_)))
    );
}
