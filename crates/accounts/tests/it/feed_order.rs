//! The feed is read in the order of transaction ids: whoever writes the later version must
//! have the later id, however many change the same subject at once.

use std::future::Future;

use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::deal::{Deal, weighing};
use super::people::updating;
use super::world::{World, mask, take};

const AT_ONCE: usize = 24;
const ROUNDS: usize = 4;
const WRITERS: usize = AT_ONCE * ROUNDS;

/// Runs the writers, each round of them at once: which one overtakes which is chance.
async fn at_once<F>(world: &World, writer: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    world.warm_up().await;
    for round in 0..ROUNDS {
        let numbers = (round * AT_ONCE)..((round + 1) * AT_ONCE);
        let writers: Vec<_> = numbers.map(|n| tokio::spawn(writer(n))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    }
}

/// Refuses a subject that does not have `changes` changes after its creation, in order.
async fn assert_in_order(world: &World, subject: &str, changes: usize) {
    let expected: Vec<i64> = (1..).take(changes + 1).collect();
    assert_eq!(world.feed(subject).await, expected, "{subject}");
}

fn renaming(account: &Account, number: usize) -> UpdateAccountRequest {
    UpdateAccountRequest {
        account: Some(Account {
            name: account.name.clone(),
            display_name: format!("第{number}名"),
            ..Account::default()
        }),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_accounts_versions_come_in_order() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let accounts = world.accounts(&world.admin);
    at_once(&world, |number| {
        let (mut accounts, request) = (accounts.clone(), renaming(&account, number));
        async move { drop(take(accounts.update_account(request).await)) }
    })
    .await;
    assert_in_order(&world, &account.name, WRITERS).await;
}

#[tokio::test]
async fn a_maps_versions_come_in_order() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    deal.set(weighing(&contact, 100)).await;
    at_once(&deal.world, |number| {
        let (mut maps, request) = (
            deal.maps.clone(),
            deal.setting(weighing(&contact, i32::try_from(number).unwrap())),
        );
        async move { drop(take(maps.set_stakeholder(request).await)) }
    })
    .await;
    assert_in_order(&deal.world, &deal.map.name, WRITERS + 1).await;
}

#[tokio::test]
async fn a_persons_and_a_contacts_versions_come_in_order() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let contact = world.contact(&world.admin, &account.name, "甲").await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let (directory, contacts) = (world.directory(&world.admin), world.contacts(&world.admin));
    at_once(&world, |number| {
        let (mut directory, mut contacts) = (directory.clone(), contacts.clone());
        let person = Person {
            display_name: format!("李{number}"),
            ..person.clone()
        };
        let contact = Contact {
            display_name: format!("甲{number}"),
            etag: String::new(),
            ..contact.clone()
        };
        async move {
            let request = UpdatePersonRequest {
                person: Some(Person {
                    etag: String::new(),
                    ..person.clone()
                }),
                ..updating(&person, &["display_name"])
            };
            take(directory.update_person(request).await);
            let request = UpdateContactRequest {
                contact: Some(contact),
                update_mask: mask(&["display_name"]),
                ..Default::default()
            };
            take(contacts.update_contact(request).await);
        }
    })
    .await;
    assert_in_order(&world, &person.name, WRITERS).await;
    assert_in_order(&world, &contact.name, WRITERS).await;
}

fn row(external_id: usize, display_name: String) -> AccountRow {
    let account = Account {
        display_name,
        external_key: Some(ExternalKey {
            source_system: "sap".to_owned(),
            external_id: external_id.to_string(),
        }),
        ..Account::default()
    };
    AccountRow {
        account: Some(account),
        parent_external_id: String::new(),
    }
}

#[tokio::test]
async fn imports_among_other_changes_keep_the_order() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let import = |name: String| BatchUpsertAccountsRequest {
        rows: (0..3).map(|id| row(id, format!("{id}{name}"))).collect(),
        ..Default::default()
    };
    let made = take(
        accounts
            .batch_upsert_accounts(import("厂".to_owned()))
            .await,
    );
    let names: Vec<String> = made
        .results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            account_row_result::Result::Created(name) => name,
            other => panic!("{other:?}"),
        })
        .collect();
    at_once(&world, |number| {
        let mut accounts = accounts.clone();
        let import = import(format!("厂{number}"));
        let account = Account {
            name: names[number % 3].clone(),
            ..Account::default()
        };
        async move {
            match number % 2 {
                0 => drop(take(accounts.batch_upsert_accounts(import).await)),
                _ => drop(take(
                    accounts.update_account(renaming(&account, number)).await,
                )),
            }
        }
    })
    .await;
    for name in &names {
        assert_in_order(&world, name, WRITERS / 2 + WRITERS / 6).await;
    }
}
