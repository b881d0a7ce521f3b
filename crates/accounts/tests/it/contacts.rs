use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, mask, nobody, reason_of, request_id, take};

pub fn updating(contact: &Contact, paths: &[&str]) -> UpdateContactRequest {
    UpdateContactRequest {
        contact: Some(contact.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_contact_is_added_read_changed_and_listed() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut contacts = world.contacts(&world.admin);
    let sent = Contact {
        account: account.name.clone(),
        display_name: "甲".to_owned(),
        title: "主任".to_owned(),
        department: "仪表".to_owned(),
        function: Function::Technical.into(),
        ..Contact::default()
    };
    let mut request = CreateContactRequest {
        contact: Some(sent),
        request_id: request_id(),
        validate_only: false,
    };
    let first = take(contacts.create_contact(request.clone()).await);
    assert_eq!(take(contacts.create_contact(request.clone()).await), first);
    request.contact.as_mut().unwrap().title = String::new();
    assert_eq!(
        reason_of(contacts.create_contact(request).await),
        "REQUEST_ID_REUSED"
    );

    let made = first.contact.unwrap();
    let promoted = Contact {
        title: "经理".to_owned(),
        function: 0,
        ..made.clone()
    };
    let changed = take(
        contacts
            .update_contact(updating(&promoted, &["title", "function"]))
            .await,
    )
    .contact
    .unwrap();
    assert_eq!(
        (
            changed.title.as_str(),
            changed.function(),
            changed.etag.as_str()
        ),
        ("经理", Function::Unspecified, "2")
    );
    let read = take(
        contacts
            .get_contact(GetContactRequest {
                name: made.name.clone(),
            })
            .await,
    )
    .contact
    .unwrap();
    assert_eq!(read, changed);
    let change: ContactChanged = world.events(&made.name).await[1].message();
    let stored = |contact: &Contact| Contact {
        effective_concerns: Vec::new(),
        ..contact.clone()
    };
    assert_eq!(
        (change.before.unwrap(), change.after.unwrap()),
        (stored(&made), stored(&changed)),
        "what is usual for a function is in no event"
    );
    assert_eq!(
        reason_of(
            contacts
                .update_contact(updating(&promoted, &["title"]))
                .await
        ),
        "ETAG_MISMATCH"
    );
    let list = ListContactsRequest {
        account: account.name,
        ..Default::default()
    };
    assert_eq!(take(contacts.list_contacts(list).await).contacts, [changed]);
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut contacts = world.contacts(&world.admin);
    let bad = Contact {
        account: "x".to_owned(),
        function: 99,
        title: "长".repeat(201),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(bad),
        ..Default::default()
    };
    let fields = [
        "contact.account",
        "contact.display_name",
        "contact.function",
        "contact.title",
    ];
    assert_eq!(bad_fields(contacts.create_contact(request).await), fields);
    let account = world.account(&world.admin, "宁夏化工").await;
    let contact = world.contact(&world.admin, &account.name, "甲").await;
    let elsewhere = Contact {
        account: nobody("accounts"),
        ..contact.clone()
    };
    assert_eq!(
        bad_fields(contacts.update_contact(updating(&elsewhere, &[])).await),
        ["contact.account"]
    );
    assert_eq!(
        bad_fields(
            contacts
                .update_contact(updating(&contact, &["account"]))
                .await
        ),
        ["update_mask"]
    );
}

#[tokio::test]
async fn who_sees_the_account_sees_its_contacts() {
    let world = World::new().await;
    let (owner, stranger) = (world.seller("").await, world.seller("").await);
    let account = world.account(&owner, "宁夏化工").await;
    let contact = world.contact(&owner, &account.name, "甲").await;
    let get = GetContactRequest {
        name: contact.name.clone(),
    };
    take(world.contacts(&owner).get_contact(get.clone()).await);
    let mut hidden = world.contacts(&stranger);
    assert_eq!(
        reason_of(hidden.get_contact(get.clone()).await),
        "CONTACT_NOT_FOUND"
    );
    assert_eq!(
        reason_of(hidden.update_contact(updating(&contact, &[])).await),
        "CONTACT_NOT_FOUND"
    );
    assert!(
        take(hidden.list_contacts(ListContactsRequest::default()).await)
            .contacts
            .is_empty()
    );
    let added = Contact {
        account: account.name,
        display_name: "乙".to_owned(),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(added),
        ..Default::default()
    };
    assert_eq!(
        reason_of(hidden.create_contact(request).await),
        "ACCOUNT_NOT_FOUND"
    );
    let other = world.settle(tenant()).await;
    assert_eq!(
        reason_of(world.contacts(&other).get_contact(get).await),
        "CONTACT_NOT_FOUND"
    );
}

#[tokio::test]
async fn contacts_come_in_pages_and_a_check_stores_none() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut names = Vec::new();
    for number in 0..3 {
        names.push(
            world
                .contact(&world.admin, &account.name, &format!("{number}"))
                .await
                .name,
        );
    }
    let mut contacts = world.contacts(&world.admin);
    let only_checked = Contact {
        account: account.name,
        display_name: "乙".to_owned(),
        ..Contact::default()
    };
    let check = CreateContactRequest {
        contact: Some(only_checked),
        validate_only: true,
        ..Default::default()
    };
    take(contacts.create_contact(check).await);
    let mut request = ListContactsRequest {
        page_size: 2,
        ..Default::default()
    };
    let first = take(contacts.list_contacts(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(contacts.list_contacts(request.clone()).await);
    let listed: Vec<_> = first
        .contacts
        .into_iter()
        .chain(second.contacts)
        .map(|contact| contact.name)
        .collect();
    assert_eq!(listed, names);
    request.account = nobody("accounts");
    assert_eq!(
        reason_of(contacts.list_contacts(request).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn contacts_follow_their_account_to_who_sees_it_next() {
    let world = World::new().await;
    let (before, after) = (world.seller("").await, world.seller("").await);
    let account = world.account(&before, "宁夏化工").await;
    let contact = world.contact(&before, &account.name, "甲").await;
    let given = Account {
        name: account.name,
        owner: after.person_name(),
        ..Account::default()
    };
    let request = UpdateAccountRequest {
        account: Some(given),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
    for (caller, sees) in [(&before, false), (&after, true)] {
        let request = BatchGetContactsRequest {
            names: vec![contact.name.clone()],
        };
        let read = take(world.contacts(caller).batch_get_contacts(request).await);
        let list = ListContactsRequest::default();
        let listed = take(world.contacts(caller).list_contacts(list).await);
        assert_eq!(
            (read.contacts.len(), listed.contacts.len()),
            (usize::from(sees), usize::from(sees))
        );
    }
}
