//! Many contacts by their external keys.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::contact_row_result::Result as Outcome;
use keynode_proto::accounts::v1::*;
use prost::Message as _;

use super::contact_lines::chart;
use super::contact_profile::detail;
use super::contact_upserts::{keyed_account, row};
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

fn with(mut row: ContactRow, change: impl FnOnce(&mut Contact)) -> ContactRow {
    change(row.contact.as_mut().unwrap());
    row
}

fn at(row: ContactRow, account: &str) -> ContactRow {
    ContactRow {
        account_external_id: String::new(),
        ..with(row, |contact| contact.account = account.to_owned())
    }
}

fn batch(rows: Vec<ContactRow>) -> BatchUpsertContactsRequest {
    BatchUpsertContactsRequest {
        rows,
        ..Default::default()
    }
}

async fn import(world: &World, caller: &Caller, rows: Vec<ContactRow>) -> Vec<Outcome> {
    let mut contacts = world.contacts(caller);
    let answer = take(contacts.batch_upsert_contacts(batch(rows)).await);
    let outcomes = answer.results.into_iter();
    outcomes.map(|result| result.result.unwrap()).collect()
}

/// What happened, in a word: for a refusal its reason.
fn word(outcome: &Outcome) -> String {
    let status = match outcome {
        Outcome::Created(_) => return "created".to_owned(),
        Outcome::Updated(_) => return "updated".to_owned(),
        Outcome::Unchanged(_) => return "unchanged".to_owned(),
        Outcome::Error(status) => status,
    };
    let mut details = status.details.iter();
    let info = details
        .find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"))
        .unwrap();
    tonic_types::pb::ErrorInfo::decode(info.value.as_slice())
        .unwrap()
        .reason
}

fn words(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(word).collect()
}

fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created(name) | Outcome::Updated(name) | Outcome::Unchanged(name) => name.clone(),
        Outcome::Error(_) => panic!("refused: {}", word(outcome)),
    }
}

async fn get(world: &World, outcome: &Outcome) -> Contact {
    let request = GetContactRequest {
        name: name(outcome),
    };
    take(world.contacts(&world.admin).get_contact(request).await)
        .contact
        .unwrap()
}

#[tokio::test]
async fn rows_are_added_changed_or_left_and_managers_come_in_any_order() {
    let world = World::new().await;
    let plant = keyed_account(&world, &world.admin, "plant").await;
    let integrator = Caller::integrator(world.tenant);
    let rows = vec![
        row("3", "丙", "2"),
        row("2", "乙", "1"),
        with(at(row("1", "甲", ""), &plant.name), |contact| {
            contact.details = vec![detail(ContactDetailKind::Email, "jia@b.cn")];
        }),
    ];
    let first = import(&world, &integrator, rows.clone()).await;
    assert_eq!(words(&first), ["created"; 3]);
    let depths: Vec<_> = chart(&world, &plant.name)
        .await
        .into_iter()
        .map(|node| (node.display_name, node.depth))
        .collect();
    assert_eq!(
        depths,
        [("甲", 0), ("乙", 1), ("丙", 2)].map(|(name, depth)| (name.to_owned(), depth))
    );
    assert_eq!(
        words(&import(&world, &integrator, rows).await),
        ["unchanged"; 3]
    );
    let moved = vec![
        with(row("3", "", "1"), |contact| {
            contact.title = "科长".to_owned()
        }),
        row("2", "", ""),
        with(row("4", "丁", ""), |contact| {
            contact.manager = name(&first[0])
        }),
    ];
    let second = import(&world, &integrator, moved).await;
    assert_eq!(words(&second), ["updated", "unchanged", "created"]);
    let third = get(&world, &second[0]).await;
    assert_eq!(
        (third.display_name.as_str(), third.manager.as_str()),
        ("丙", name(&first[2]).as_str()),
        "what is not said is kept"
    );
    assert_eq!(get(&world, &second[1]).await.manager, name(&first[2]));
    assert_eq!(get(&world, &second[2]).await.manager, third.name);
    assert_eq!(world.events(&third.name).await.len(), 2);
}

#[tokio::test]
async fn a_bad_row_changes_nothing_and_stops_no_other() {
    let world = World::new().await;
    keyed_account(&world, &world.admin, "plant").await;
    let elsewhere = keyed_account(&world, &world.admin, "institute").await;
    let integrator = Caller::integrator(world.tenant);
    let designer = at(row("d", "设计", ""), &elsewhere.name);
    import(&world, &integrator, vec![designer, row("9", "旧", "")]).await;
    let outcomes = import(
        &world,
        &integrator,
        vec![
            row("1", "好", ""),
            row("2", "", ""),
            at(row("3", "坏", ""), &nobody("accounts")),
            ContactRow {
                account_external_id: "404".to_owned(),
                ..row("4", "坏", "")
            },
            at(row("5", "无处", ""), ""),
            row("6", "坏", "404"),
            row("7", "孤儿", "3"),
            row("8", "孤儿的下属", "7"),
            with(row("9", "新", ""), |contact| {
                contact.language_code = "中文".to_owned()
            }),
            row("10", "坏", "d"),
            with(row("11", "坏", ""), |contact| {
                contact.manager = nobody("contacts")
            }),
            with(row("12", "坏", ""), |contact| {
                contact.etag = "3".to_owned()
            }),
            with(row("13", "坏", ""), |contact| {
                contact.former_employers = vec![FormerEmployer {
                    organisation: "旧厂".to_owned(),
                    account: nobody("accounts"),
                    ..FormerEmployer::default()
                }];
            }),
            ContactRow::default(),
        ],
    )
    .await;
    let expected = [
        "created",
        "INVALID_REQUEST",
        "ACCOUNT_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "INVALID_REQUEST",
        "CONTACT_NOT_FOUND",
        "CONTACT_NOT_FOUND",
        "CONTACT_NOT_FOUND",
        "INVALID_REQUEST",
        "MANAGER_ELSEWHERE",
        "CONTACT_NOT_FOUND",
        "ETAG_MISMATCH",
        "ACCOUNT_NOT_FOUND",
        "INVALID_REQUEST",
    ];
    assert_eq!(words(&outcomes), expected);
    let employed_elsewhere = at(row("9", "新", ""), &elsewhere.name);
    let outcomes = import(&world, &integrator, vec![employed_elsewhere]).await;
    assert_eq!(words(&outcomes), ["INVALID_REQUEST"]);
    let stored = "select count(*) from accounts.contact where display_name in ('好', '旧', '设计')";
    assert_eq!(world.count(stored).await, 3);
    assert_eq!(
        world.count("select count(*) from accounts.contact").await,
        3
    );
}

#[tokio::test]
async fn rows_that_report_to_themselves_are_refused_and_the_others_not() {
    let world = World::new().await;
    keyed_account(&world, &world.admin, "plant").await;
    let integrator = Caller::integrator(world.tenant);
    let outcomes = import(
        &world,
        &integrator,
        vec![
            row("a", "a", "b"),
            row("b", "b", "c"),
            row("c", "c", "a"),
            row("s", "s", "s"),
            row("d", "d", ""),
            row("e", "e", "d"),
        ],
    )
    .await;
    assert_eq!(
        words(&outcomes),
        [
            "CONTACT_CYCLE",
            "CONTACT_CYCLE",
            "CONTACT_CYCLE",
            "CONTACT_CYCLE",
            "created",
            "created"
        ]
    );
    let closing = vec![row("d", "d", "e"), row("e", "新名", "")];
    assert_eq!(
        words(&import(&world, &integrator, closing).await),
        ["CONTACT_CYCLE", "updated"]
    );
    let turned = vec![row("t", "t", ""), row("d", "d", "e"), row("e", "e", "t")];
    assert_eq!(
        words(&import(&world, &integrator, turned).await),
        ["created", "updated", "updated"],
        "turning lines upside down is no loop"
    );
}

#[tokio::test]
async fn an_ambiguous_empty_or_huge_batch_is_refused_whole() {
    let world = World::new().await;
    keyed_account(&world, &world.admin, "plant").await;
    let mut contacts = world.contacts(&Caller::integrator(world.tenant));
    let huge: Vec<_> = (0..1001).map(|n| row(&n.to_string(), "x", "")).collect();
    let twice = vec![row("1", "a", ""), row("2", "b", ""), row(" 1 ", "c", "")];
    for (rows, field) in [
        (twice, "rows[2].contact.external_key"),
        (Vec::new(), "rows"),
        (huge, "rows"),
    ] {
        let answer = contacts.batch_upsert_contacts(batch(rows)).await;
        assert_eq!(bad_fields(answer), [field]);
    }
    assert_eq!(
        world.count("select count(*) from accounts.contact").await,
        0
    );
}

#[tokio::test]
async fn an_import_touches_only_what_its_caller_sees() {
    let world = World::new().await;
    let (seller, other) = (world.seller("").await, world.seller("").await);
    keyed_account(&world, &seller, "plant").await;
    let own = world.account(&other, "我的").await;
    let mine = import(&world, &seller, vec![row("1", "我的人", "")]).await;
    assert_eq!(words(&mine), ["created"]);
    let rows = vec![
        at(row("1", "抢", ""), &own.name),
        row("2", "混入", ""),
        at(row("3", "下属", "1"), &own.name),
        with(at(row("4", "下属", ""), &own.name), |contact| {
            contact.manager = name(&mine[0])
        }),
    ];
    let expected = [
        "CONTACT_NOT_FOUND",
        "ACCOUNT_NOT_FOUND",
        "CONTACT_NOT_FOUND",
        "CONTACT_NOT_FOUND",
    ];
    assert_eq!(words(&import(&world, &other, rows.clone()).await), expected);
    let foreign = world.settle(tenant()).await;
    let found = words(&import(&world, &foreign, rows).await);
    assert_eq!(
        found, ["ACCOUNT_NOT_FOUND"; 4],
        "another tenant has no such key"
    );
}

#[tokio::test]
async fn repeats_and_checks_are_told_apart() {
    let world = World::new().await;
    keyed_account(&world, &world.admin, "plant").await;
    let mut contacts = world.contacts(&world.admin);
    let check = BatchUpsertContactsRequest {
        validate_only: true,
        ..batch(vec![row("1", "a", "")])
    };
    let checked = take(contacts.batch_upsert_contacts(check).await);
    assert_eq!(checked.results.len(), 1);
    assert_eq!(
        world.count("select count(*) from accounts.contact").await,
        0
    );
    let request = BatchUpsertContactsRequest {
        request_id: request_id(),
        ..batch(vec![row("1", "a", "")])
    };
    let first = take(contacts.batch_upsert_contacts(request.clone()).await);
    let again = take(contacts.batch_upsert_contacts(request.clone()).await);
    assert_eq!(again, first);
    let other = BatchUpsertContactsRequest {
        rows: vec![row("2", "b", "")],
        ..request
    };
    assert_eq!(
        reason_of(contacts.batch_upsert_contacts(other).await),
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn two_imports_at_once_make_each_contact_once() {
    let world = World::new().await;
    keyed_account(&world, &world.admin, "plant").await;
    world.warm_up().await;
    let rows: Vec<_> = (0..50).map(|n| row(&n.to_string(), "x", "")).collect();
    let reversed: Vec<_> = rows.iter().rev().cloned().collect();
    let (one, two) = tokio::join!(
        import(&world, &world.admin, rows),
        import(&world, &world.admin, reversed)
    );
    let outcomes = one.iter().chain(&two);
    let created = outcomes.filter(|outcome| matches!(outcome, Outcome::Created(_)));
    let stored = world.count("select count(*) from accounts.contact").await;
    assert_eq!((created.count(), stored), (50, 50));
}

#[tokio::test]
async fn a_thousand_rows_with_managers_go_in_at_once() {
    let world = World::new().await;
    let plant = keyed_account(&world, &world.admin, "plant").await;
    let rows: Vec<_> = (0..1000)
        .map(|n: i32| {
            let manager = if n == 0 {
                String::new()
            } else {
                (n / 3).to_string()
            };
            let manager = if (1..3).contains(&n) {
                "0".to_owned()
            } else {
                manager
            };
            row(&n.to_string(), &format!("联系人 {n}"), &manager)
        })
        .collect();
    let outcomes = import(&world, &world.admin, rows.clone()).await;
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Created(_))));
    let retitled = rows
        .into_iter()
        .map(|row| with(row, |contact| contact.title = "工程师".to_owned()))
        .collect();
    let outcomes = import(&world, &world.admin, retitled).await;
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Updated(_))));
    assert_eq!(chart(&world, &plant.name).await.len(), 1000);
}
