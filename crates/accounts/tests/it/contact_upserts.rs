//! One contact by its external key.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

pub fn key(external_id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: "sap".to_owned(),
        external_id: external_id.to_owned(),
    })
}

/// An account with an external key.
pub async fn keyed_account(world: &World, by: &Caller, external_id: &str) -> Account {
    let account = Account {
        display_name: external_id.to_owned(),
        external_key: key(external_id),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        ..Default::default()
    };
    take(world.accounts(by).create_account(request).await)
        .account
        .unwrap()
}

/// A row of the account `plant`.
pub fn row(external_id: &str, display_name: &str, manager: &str) -> ContactRow {
    let contact = Contact {
        display_name: display_name.to_owned(),
        external_key: key(external_id),
        ..Contact::default()
    };
    ContactRow {
        contact: Some(contact),
        account_external_id: "plant".to_owned(),
        manager_external_id: manager.to_owned(),
    }
}

fn upserting(row: ContactRow) -> UpsertContactRequest {
    UpsertContactRequest {
        contact: row.contact,
        account_external_id: row.account_external_id,
        manager_external_id: row.manager_external_id,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_contact_is_added_once_and_then_changed() {
    let world = World::new().await;
    let plant = keyed_account(&world, &world.admin, "plant").await;
    let mut contacts = world.contacts(&world.admin);
    let check = UpsertContactRequest {
        validate_only: true,
        ..upserting(row("1", "甲", ""))
    };
    assert!(take(contacts.upsert_contact(check).await).created);
    assert_eq!(
        world.count("select count(*) from accounts.contact").await,
        0
    );
    let request = UpsertContactRequest {
        request_id: request_id(),
        ..upserting(row("1", "甲", ""))
    };
    let made = take(contacts.upsert_contact(request.clone()).await);
    let again = take(contacts.upsert_contact(request.clone()).await);
    assert_eq!(again, made, "a repeat is answered like the first");
    let contact = made.contact.unwrap();
    assert_eq!(
        (made.created, &contact.account, contact.etag.as_str()),
        (true, &plant.name, "1")
    );
    let other = UpsertContactRequest {
        account_external_id: String::new(),
        ..request
    };
    assert_eq!(
        reason_of(contacts.upsert_contact(other).await),
        "REQUEST_ID_REUSED"
    );
    let titled = Contact {
        external_key: key("1"),
        title: "主任".to_owned(),
        etag: "1".to_owned(),
        ..Contact::default()
    };
    let request = UpsertContactRequest {
        contact: Some(titled),
        ..Default::default()
    };
    let changed = take(contacts.upsert_contact(request.clone()).await);
    let expected = Contact {
        title: "主任".to_owned(),
        etag: "2".to_owned(),
        update_time: changed.contact.as_ref().unwrap().update_time,
        ..contact.clone()
    };
    assert_eq!((changed.created, changed.contact), (false, Some(expected)));
    assert_eq!(
        reason_of(contacts.upsert_contact(request).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(world.events(&contact.name).await.len(), 2);
}

#[tokio::test]
async fn what_a_row_would_be_refused_for_refuses_the_call() {
    let world = World::new().await;
    let plant = keyed_account(&world, &world.admin, "plant").await;
    let institute = keyed_account(&world, &world.admin, "institute").await;
    let designer = world.contact(&world.admin, &institute.name, "设计").await;
    let seller = world.seller("").await;
    let mut contacts = world.contacts(&world.admin);
    take(contacts.upsert_contact(upserting(row("1", "甲", ""))).await);
    take(
        contacts
            .upsert_contact(upserting(row("2", "乙", "1")))
            .await,
    );
    let mut elsewhere = upserting(row("3", "丙", ""));
    elsewhere.contact.as_mut().unwrap().manager = designer.name;
    let mut nowhere = upserting(row("3", "丙", ""));
    nowhere.account_external_id = String::new();
    nowhere.contact.as_mut().unwrap().account = nobody("accounts");
    for (request, expected) in [
        (upserting(row("1", "", "2")), "CONTACT_CYCLE"),
        (upserting(row("3", "丙", "404")), "CONTACT_NOT_FOUND"),
        (elsewhere, "MANAGER_ELSEWHERE"),
        (nowhere, "ACCOUNT_NOT_FOUND"),
    ] {
        assert_eq!(reason_of(contacts.upsert_contact(request).await), expected);
    }
    let mut bad = upserting(row("", "", ""));
    bad.contact.as_mut().unwrap().account = plant.name;
    bad.contact.as_mut().unwrap().language_code = "?".to_owned();
    assert_eq!(
        bad_fields(contacts.upsert_contact(bad).await),
        [
            "account_external_id",
            "contact.external_key.external_id",
            "contact.language_code"
        ]
    );
    let mut homeless = upserting(row("3", "", ""));
    homeless.account_external_id = String::new();
    assert_eq!(
        bad_fields(contacts.upsert_contact(homeless).await),
        ["contact.account", "contact.display_name"]
    );
    let mut hidden = world.contacts(&seller);
    let unseen = upserting(row("1", "抢", ""));
    assert_eq!(
        reason_of(hidden.upsert_contact(unseen).await),
        "CONTACT_NOT_FOUND"
    );
}
