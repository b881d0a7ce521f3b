//! Imports over the wire: rows in, results out.

use std::time::Duration;

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use tokio_stream::wrappers::ReceiverStream;

use super::bulk::{
    begin, begun, called, contact, contact_words, imports, messages, only, results, row, send,
    stored, under, upload, with, words,
};
use super::world::{World, bad_fields, nobody, reason_of, take};

const ACCOUNTS: &str = "select count(*) from accounts.account";
const CONTACTS: &str = "select count(*) from accounts.contact";

#[tokio::test]
async fn accounts_come_with_their_contacts_and_parents_of_earlier_chunks() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let chunks = vec![
        vec![
            with(
                row(2, "g"),
                vec![contact("c1", "张三"), contact("c2", "李四")],
            ),
            under(row(3, "a"), "g"),
        ],
        Vec::new(),
        vec![with(under(row(7, "b"), "g"), vec![contact("c3", "王五")])],
    ];
    let after = take(upload(&world, &world.admin, &import, chunks).await)
        .import
        .unwrap();
    assert_eq!((after.received_line, after.row_count), (7, 3));
    let accounts = after.accounts.unwrap();
    assert_eq!((accounts.received, accounts.created), (3, 3));
    let contacts = after.contacts.unwrap();
    assert_eq!((contacts.received, contacts.created), (3, 3));
    let told = results(&world, &import).await;
    assert_eq!(words(&told), ["created"; 3]);
    assert_eq!(contact_words(&told[0]), ["created"; 2]);
    assert_eq!(told[0].place, "customers.csv line 2");
    let get = GetAccountRequest {
        name: told[2].account.clone(),
    };
    let account = take(world.accounts(&world.admin).get_account(get).await)
        .account
        .unwrap();
    assert_eq!(account.parent, told[0].account);
    assert_eq!(account.external_key.unwrap().source_system, "sap");
    assert_eq!(world.events(&told[0].account).await.len(), 1);
    assert_eq!(world.events(&told[0].contacts[0].contact).await.len(), 1);
    assert_eq!(
        world.events(&import.name).await.len(),
        3,
        "begun, and two chunks"
    );
}

#[tokio::test]
async fn a_second_import_of_the_same_rows_changes_only_what_differs() {
    let world = World::new().await;
    let rows = vec![
        with(row(1, "a"), vec![contact("c1", "张三")]),
        with(row(2, "b"), vec![contact("c2", "李四")]),
    ];
    let first = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    take(upload(&world, &world.admin, &first, vec![rows.clone()]).await);
    let mut changed = rows;
    changed[1]
        .account
        .as_mut()
        .unwrap()
        .account
        .as_mut()
        .unwrap()
        .industry = "钢铁".to_owned();
    changed[1].contacts[0].contact.as_mut().unwrap().title = "厂长".to_owned();
    // A row may be of contacts alone.
    let alone = ContactRow {
        account_external_id: "a".to_owned(),
        ..contact("c3", "王五")
    };
    changed.push(ImportRow {
        line: 3,
        contacts: vec![alone],
        ..ImportRow::default()
    });
    let second = begun(&world, &world.admin, "sap", ImportDuplicates::Review).await;
    take(upload(&world, &world.admin, &second, vec![changed]).await);
    let told = results(&world, &second).await;
    assert_eq!(words(&told), ["unchanged", "updated", "unspecified"]);
    let contacts: Vec<_> = told.iter().flat_map(contact_words).collect();
    assert_eq!(contacts, ["unchanged", "updated", "created"]);
    assert_eq!(
        (world.count(ACCOUNTS).await, world.count(CONTACTS).await),
        (2, 3)
    );
    let after = stored(&world, &second).await;
    assert_eq!((after.row_count, after.accounts.unwrap().received), (3, 2));
}

#[tokio::test]
async fn a_bad_row_stops_no_other_and_is_told_with_its_reason() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let mut foreign = row(4, "f");
    let account = foreign.account.as_mut().unwrap().account.as_mut().unwrap();
    account.external_key.as_mut().unwrap().source_system = "crm".to_owned();
    let mut named = with(row(6, "n"), vec![contact("c6", "赵")]);
    named.contacts[0].account_external_id = "a".to_owned();
    let rows = vec![
        with(
            row(1, "a"),
            vec![contact("c1", "张"), contact("", "无"), contact("c1", "重")],
        ),
        with(called(2, "b", ""), vec![contact("c2", "李")]),
        row(3, "a"),
        foreign,
        under(row(5, "o"), "nowhere"),
        named,
        ImportRow {
            line: 7,
            ..ImportRow::default()
        },
    ];
    take(
        upload(
            &world,
            &world.admin,
            &import,
            vec![rows, vec![row(8, "a"), row(9, "z")]],
        )
        .await,
    );
    let told = results(&world, &import).await;
    let bad = "INVALID_REQUEST";
    assert_eq!(
        words(&told),
        [
            "created",
            bad,
            bad,
            bad,
            "ACCOUNT_NOT_FOUND",
            bad,
            bad,
            bad,
            "created"
        ]
    );
    assert_eq!(contact_words(&told[0]), ["created", bad, bad]);
    assert_eq!(contact_words(&told[1]), ["IMPORT_ACCOUNT_REFUSED"]);
    assert_eq!(
        (world.count(ACCOUNTS).await, world.count(CONTACTS).await),
        (2, 1)
    );
    let after = stored(&world, &import).await;
    let (accounts, contacts) = (after.accounts.unwrap(), after.contacts.unwrap());
    assert_eq!(
        (accounts.received, accounts.created, accounts.failed),
        (9, 2, 7)
    );
    assert_eq!(
        (contacts.received, contacts.created, contacts.failed),
        (5, 1, 4)
    );
    let failed = only(&world, &import, ImportOutcome::Failed).await;
    let lines: Vec<i64> = failed.iter().map(|it| it.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8], "line 1 for its contacts");
    let created = only(&world, &import, ImportOutcome::Created).await;
    assert_eq!(created.iter().map(|it| it.line).collect::<Vec<_>>(), [1, 9]);
    let finish = FinishImportRequest {
        name: import.name.clone(),
        ..Default::default()
    };
    take(imports(&world, &world.admin).finish_import(finish).await);
}

#[tokio::test]
async fn a_stream_that_is_out_of_order_keeps_what_came_before() {
    let world = World::new().await;
    let admin = &world.admin;
    let import = begun(&world, admin, "sap", ImportDuplicates::Create).await;
    let other = begun(&world, admin, "sap", ImportDuplicates::Create).await;
    assert_eq!(
        bad_fields(send(&world, admin, Vec::new()).await),
        ["import"]
    );
    let nameless = Import::default();
    let answer = upload(&world, admin, &nameless, vec![vec![row(1, "1")]]).await;
    assert_eq!(bad_fields(answer), ["import"]);
    let missing = Import {
        name: nobody("imports"),
        ..Import::default()
    };
    let answer = upload(&world, admin, &missing, vec![Vec::new()]).await;
    assert_eq!(reason_of(answer), "IMPORT_NOT_FOUND");
    let stranger = world.settle(tenant()).await;
    let answer = upload(&world, &stranger, &import, vec![vec![row(1, "1")]]).await;
    assert_eq!(reason_of(answer), "IMPORT_NOT_FOUND");

    let falling = vec![
        vec![row(1, "1"), row(2, "2")],
        vec![row(3, "3"), row(3, "4")],
    ];
    assert_eq!(
        bad_fields(upload(&world, admin, &import, falling).await),
        ["rows[1].line"]
    );
    let mut mixed = messages(&import, vec![vec![row(3, "3")]]);
    mixed.extend(messages(&other, vec![vec![row(4, "4")]]));
    assert_eq!(bad_fields(send(&world, admin, mixed).await), ["import"]);
    let many = (4..505).map(|line| row(line, &line.to_string())).collect();
    assert_eq!(
        bad_fields(upload(&world, admin, &import, vec![many]).await),
        ["rows"]
    );
    let after = stored(&world, &import).await;
    assert_eq!((after.received_line, after.row_count), (3, 3));
    assert_eq!(world.count(ACCOUNTS).await, 3);
    let seller = world.seller("").await;
    let answer = upload(&world, &seller, &import, vec![vec![row(9, "9")]]).await;
    assert_eq!(reason_of(answer), "PERMISSION_DENIED");
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_goes_on_where_it_was() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let chunk = |from: i64| -> Vec<ImportRow> {
        let line = |line: i64| {
            with(
                row(line, &line.to_string()),
                vec![contact(&format!("c{line}"), "人")],
            )
        };
        (from..from + 20).map(line).collect()
    };
    let all: Vec<_> = (0..5).map(|n| chunk(n * 20 + 1)).collect();
    let (to, from) = tokio::sync::mpsc::channel(1);
    let mut client = imports(&world, &world.admin);
    let call =
        tokio::spawn(async move { client.upload_import_rows(ReceiverStream::new(from)).await });
    for message in messages(&import, all[..3].to_vec()) {
        to.send(message).await.unwrap();
    }
    // Two are there for sure; the third may be under way.
    while stored(&world, &import).await.received_line < 40 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call.abort();
    drop(to);
    take(upload(&world, &world.admin, &import, all.clone()).await);
    let after = stored(&world, &import).await;
    assert_eq!((after.received_line, after.row_count), (100, 100));
    assert_eq!(after.accounts.unwrap().created, 100);
    assert_eq!(
        (world.count(ACCOUNTS).await, world.count(CONTACTS).await),
        (100, 100)
    );
    let again = take(upload(&world, &world.admin, &import, all).await)
        .import
        .unwrap();
    assert_eq!(again, after, "what was received is passed over");
    let lines: Vec<i64> = results(&world, &import)
        .await
        .iter()
        .map(|it| it.line)
        .collect();
    assert_eq!(lines, (1..=100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn two_clients_that_send_the_same_file_store_it_once() {
    let world = World::new().await;
    world.warm_up().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let rows: Vec<ImportRow> = (1..=60).map(|line| row(line, &line.to_string())).collect();
    let chunked = |size: usize| rows.chunks(size).map(<[ImportRow]>::to_vec).collect();
    let (one, two) = tokio::join!(
        upload(&world, &world.admin, &import, chunked(7)),
        upload(&world, &world.admin, &import, chunked(11)),
    );
    take(one);
    take(two);
    let after = stored(&world, &import).await;
    assert_eq!((after.row_count, after.accounts.unwrap().created), (60, 60));
    assert_eq!(world.count(ACCOUNTS).await, 60);
    let versions = world.feed(&import.name).await;
    assert!(versions.is_sorted(), "readers get the versions in order");
}

#[tokio::test]
async fn a_rehearsal_tells_everything_and_stores_nothing_but_that() {
    let world = World::new().await;
    let mut request = begin("sap", ImportDuplicates::Review);
    request.import.as_mut().unwrap().dry_run = true;
    let import = take(imports(&world, &world.admin).create_import(request).await)
        .import
        .unwrap();
    let chunks = vec![
        vec![
            with(row(1, "g"), vec![contact("c", "张三")]),
            called(2, "x", ""),
        ],
        vec![under(row(3, "a"), "g"), row(4, "g")],
    ];
    take(upload(&world, &world.admin, &import, chunks).await);
    let told = results(&world, &import).await;
    assert_eq!(
        words(&told),
        ["created", "INVALID_REQUEST", "created", "INVALID_REQUEST"]
    );
    assert_eq!(contact_words(&told[0]), ["created"]);
    assert_eq!(
        (
            told[0].account.as_str(),
            told[0].contacts[0].contact.as_str()
        ),
        ("", "")
    );
    assert_eq!(
        (world.count(ACCOUNTS).await, world.count(CONTACTS).await),
        (0, 0)
    );
    let after = stored(&world, &import).await;
    assert_eq!(
        (after.received_line, after.accounts.unwrap().failed),
        (4, 2)
    );
    let sql = "select count(*) from events.log where type like '%AccountChanged'";
    assert_eq!(world.count(sql).await, 0);
}

#[tokio::test]
async fn results_are_listed_in_pages_by_line() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let rows = [3, 10, 200]
        .map(|line| row(line, &line.to_string()))
        .to_vec();
    take(upload(&world, &world.admin, &import, vec![rows]).await);
    let mut imports = imports(&world, &world.admin);
    let request = ListImportResultsRequest {
        name: import.name.clone(),
        page_size: 2,
        ..Default::default()
    };
    let first = take(imports.list_import_results(request.clone()).await);
    let rest = ListImportResultsRequest {
        page_token: first.next_page_token.clone(),
        ..request.clone()
    };
    let second = take(imports.list_import_results(rest.clone()).await);
    let lines = first
        .results
        .iter()
        .chain(&second.results)
        .map(|it| it.line);
    assert_eq!(lines.collect::<Vec<_>>(), [3, 10, 200]);
    assert_eq!(second.next_page_token, "");
    let foreign = ListImportResultsRequest {
        only: ImportOutcome::Failed.into(),
        ..rest
    };
    assert_eq!(
        reason_of(imports.list_import_results(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
    let bad = ListImportResultsRequest {
        only: 99,
        ..Default::default()
    };
    assert_eq!(
        bad_fields(imports.list_import_results(bad).await),
        ["name", "only"]
    );
}

#[tokio::test]
async fn rows_of_accounts_that_became_one_are_taken_one_after_the_other() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let rows = || {
        vec![
            with(row(2, "loser"), vec![contact("c1", "张三")]),
            with(row(3, "survivor"), vec![contact("c2", "李四")]),
        ]
    };
    take(upload(&world, &world.admin, &import, vec![rows()]).await);
    let accounts = results(&world, &import).await;
    let account = async |index: usize| world.led(&accounts[index].account).await;
    let (loser, survivor) = (account(0).await, account(1).await);
    world.merge(&survivor, &[&loser]).await;
    let again = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    take(upload(&world, &world.admin, &again, vec![rows()]).await);
    let after = results(&world, &again).await;
    assert!(
        after.iter().all(|it| it.account == survivor.name),
        "{after:?}"
    );
    assert!(
        words(&after)
            .iter()
            .all(|word| word == "updated" || word == "unchanged")
    );
    let contacts = after.iter().flat_map(contact_words);
    assert_eq!(contacts.collect::<Vec<_>>(), ["unchanged", "unchanged"]);
}
