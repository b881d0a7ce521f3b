//! Rows whose account may be there already under another key, or none.

use keynode_proto::accounts::v1::*;

use super::bulk::{begun, called, contact, results, upload, words};
use super::world::{World, take};

const NAME: &str = "上海宏力半导体制造有限公司";
const SAME: &str = "上海宏力半导体制造";

async fn imported(
    world: &World,
    policy: ImportDuplicates,
    rows: Vec<ImportRow>,
) -> Vec<ImportResult> {
    let import = begun(world, &world.admin, "sap", policy).await;
    take(upload(world, &world.admin, &import, vec![rows]).await);
    results(world, &import).await
}

async fn accounts(world: &World) -> i64 {
    world.count("select count(*) from accounts.account").await
}

async fn candidates(world: &World) -> Vec<DuplicateCandidate> {
    let request = ListDuplicateCandidatesRequest::default();
    let mut matching = world.matching(&world.admin);
    take(matching.list_duplicate_candidates(request).await).duplicate_candidates
}

#[tokio::test]
async fn nobody_looks_when_rows_are_only_added() {
    let world = World::new().await;
    world.account(&world.admin, NAME).await;
    let told = imported(&world, ImportDuplicates::Create, vec![called(1, "1", NAME)]).await;
    assert_eq!(words(&told), ["created"]);
    assert_eq!(told[0].possible_duplicates, []);
    assert_eq!(
        (accounts(&world).await, candidates(&world).await.len()),
        (2, 0)
    );
}

#[tokio::test]
async fn what_may_be_there_twice_is_added_and_kept_for_review_also_within_a_chunk() {
    let world = World::new().await;
    let there = world.account(&world.admin, NAME).await;
    let rows = vec![
        called(1, "1", SAME),
        called(2, "2", "北京首创生态环保集团股份有限公司"),
        called(3, "3", "北京首创生态环保集团"),
    ];
    let told = imported(&world, ImportDuplicates::Review, rows).await;
    assert_eq!(words(&told), ["created"; 3]);
    let twin = &told[0].possible_duplicates[0];
    assert_eq!(
        (&twin.account, twin.verdict()),
        (&there.name, MatchVerdict::Same)
    );
    assert!(twin.score > 0.5 && !twin.hidden);
    assert_eq!(told[1].possible_duplicates[0].account, told[2].account);
    let mut pairs: Vec<_> = candidates(&world)
        .await
        .into_iter()
        .map(|it| (it.first, it.second))
        .collect();
    pairs.sort();
    let mut expected = vec![
        (there.name, told[0].account.clone()),
        (told[1].account.clone(), told[2].account.clone()),
    ];
    expected.sort();
    assert_eq!(pairs, expected);
    assert_eq!(accounts(&world).await, 4);
}

#[tokio::test]
async fn the_same_account_is_linked_changed_and_found_by_the_key_from_then_on() {
    let world = World::new().await;
    let there = world.account(&world.admin, NAME).await;
    let mut row = called(1, "1", NAME);
    row.account
        .as_mut()
        .unwrap()
        .account
        .as_mut()
        .unwrap()
        .industry = "半导体".to_owned();
    row.contacts = vec![contact("c1", "张三")];
    // Two rows of one account, and one of an account that another row adds.
    let rows = vec![
        row,
        called(2, "2", SAME),
        called(3, "3", "Siemens Energy AG"),
        called(4, "4", "Siemens Energy AG"),
    ];
    let told = imported(&world, ImportDuplicates::Link, rows.clone()).await;
    assert_eq!(words(&told), ["linked", "linked", "created", "linked"]);
    assert_eq!(told[1].account, there.name);
    assert_eq!(told[3].account, told[2].account);
    let get = GetAccountRequest {
        name: there.name.clone(),
    };
    let linked = take(world.accounts(&world.admin).get_account(get).await)
        .account
        .unwrap();
    assert_eq!(linked.industry, "半导体");
    let keys: Vec<_> = linked
        .external_key
        .iter()
        .chain(&linked.further_external_keys)
        .map(|key| key.external_id.as_str())
        .collect();
    assert_eq!(keys, ["1", "2"]);
    assert_eq!(told[0].contacts[0].outcome(), ImportOutcome::Created);
    assert_eq!(accounts(&world).await, 2);
    let again = imported(&world, ImportDuplicates::Link, vec![rows[0].clone()]).await;
    assert_eq!(again[0].account, there.name);
    assert_eq!(
        words(&again),
        ["updated"],
        "the name is that of the row again"
    );
}

#[tokio::test]
async fn the_same_account_is_told_and_skipped_with_its_contacts() {
    let world = World::new().await;
    let there = world.account(&world.admin, NAME).await;
    let mut row = called(1, "1", SAME);
    row.contacts = vec![contact("c1", "张三")];
    let rows = vec![
        row,
        called(2, "2", "Siemens Energy AG"),
        called(3, "3", "Siemens Energy AG"),
    ];
    let told = imported(&world, ImportDuplicates::Skip, rows).await;
    assert_eq!(words(&told), ["skipped", "created", "skipped"]);
    assert_eq!(told[0].account, there.name);
    assert_eq!(told[0].contacts[0].outcome(), ImportOutcome::Skipped);
    assert_eq!(told[2].possible_duplicates[0].account, told[1].account);
    assert_eq!(accounts(&world).await, 2);
    assert_eq!(
        world.events(&there.name).await.len(),
        1,
        "it did not change"
    );
}

#[tokio::test]
async fn an_account_that_the_caller_does_not_see_is_neither_linked_nor_named() {
    let world = World::new().await;
    world.account(&world.admin, NAME).await;
    let manager = keynode_kit::testing::Caller {
        roles: vec!["sales_manager"],
        ..world.seller("").await
    };
    let import = begun(&world, &manager, "sap", ImportDuplicates::Link).await;
    take(upload(&world, &manager, &import, vec![vec![called(1, "1", NAME)]]).await);
    let told = results(&world, &import).await;
    assert_eq!(words(&told), ["created"]);
    let twin = &told[0].possible_duplicates[0];
    assert_eq!((twin.account.as_str(), twin.hidden), ("", true));
    assert_eq!(
        (accounts(&world).await, candidates(&world).await.len()),
        (2, 1)
    );
}
