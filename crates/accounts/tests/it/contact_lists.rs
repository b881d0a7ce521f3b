//! Reads of many contacts: by name, and by what they are.

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::contact_lines::report_to;
use super::contact_profile::detail;
use super::contacts::updating;
use super::world::{World, bad_fields, nobody, reason_of, take};

async fn add(world: &World, contact: Contact) -> Contact {
    let request = CreateContactRequest {
        contact: Some(contact),
        ..Default::default()
    };
    take(world.contacts(&world.admin).create_contact(request).await)
        .contact
        .unwrap()
}

async fn listed(world: &World, request: ListContactsRequest) -> Vec<String> {
    let answer = take(world.contacts(&world.admin).list_contacts(request).await);
    answer.contacts.into_iter().map(|c| c.name).collect()
}

#[tokio::test]
async fn contacts_are_found_by_each_of_their_traits() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let boss = world.contact(&world.admin, &account.name, "总").await;
    let sought = add(
        &world,
        Contact {
            account: account.name.clone(),
            display_name: "甲".to_owned(),
            department: "仪表".to_owned(),
            function: Function::Technical.into(),
            manager: boss.name.clone(),
            external_key: Some(ExternalKey {
                source_system: "sap".to_owned(),
                external_id: "1".to_owned(),
            }),
            details: vec![
                detail(ContactDetailKind::Email, "Jia@Example.com"),
                detail(ContactDetailKind::Wechat, "boss@example.com"),
            ],
            ..Contact::default()
        },
    )
    .await;
    let filters = [
        ListContactsRequest {
            function: Function::Technical.into(),
            ..Default::default()
        },
        ListContactsRequest {
            department: "仪表".to_owned(),
            ..Default::default()
        },
        ListContactsRequest {
            manager: boss.name.clone(),
            ..Default::default()
        },
        ListContactsRequest {
            source_system: "sap".to_owned(),
            ..Default::default()
        },
        ListContactsRequest {
            email: " jia@EXAMPLE.com ".to_owned(),
            ..Default::default()
        },
        ListContactsRequest {
            updated_since: sought.update_time,
            ..Default::default()
        },
    ];
    for filter in &filters {
        assert_eq!(
            listed(&world, filter.clone()).await,
            std::slice::from_ref(&sought.name),
            "{filter:?}"
        );
        let elsewhere = ListContactsRequest {
            account: nobody("accounts"),
            ..filter.clone()
        };
        assert!(listed(&world, elsewhere).await.is_empty());
    }
    let nobodys = ListContactsRequest {
        email: "boss@example.com".to_owned(),
        ..Default::default()
    };
    assert!(listed(&world, nobodys).await.is_empty());

    let moved = Contact {
        name: sought.name.clone(),
        details: vec![detail(ContactDetailKind::Email, "new@example.com")],
        ..Contact::default()
    };
    let request = updating(&moved, &[]);
    take(world.contacts(&world.admin).update_contact(request).await);
    assert!(listed(&world, filters[4].clone()).await.is_empty());
    let new = ListContactsRequest {
        email: "new@example.com".to_owned(),
        ..Default::default()
    };
    assert_eq!(listed(&world, new).await, [sought.name]);
    take(report_to(&world, &boss, "").await);
}

#[tokio::test]
async fn bad_filters_are_named_at_once_and_tokens_are_of_one_list() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    for name in ["甲", "乙"] {
        world.contact(&world.admin, &account.name, name).await;
    }
    let mut contacts = world.contacts(&world.admin);
    let bad = ListContactsRequest {
        account: "x".to_owned(),
        function: 99,
        department: "长".repeat(201),
        manager: "x".to_owned(),
        source_system: "x".repeat(65),
        email: "x".repeat(321),
        updated_since: Some(prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        }),
        ..Default::default()
    };
    let fields = [
        "account",
        "department",
        "email",
        "function",
        "manager",
        "source_system",
        "updated_since",
    ];
    assert_eq!(bad_fields(contacts.list_contacts(bad).await), fields);
    let first = ListContactsRequest {
        page_size: 1,
        ..Default::default()
    };
    let token = take(contacts.list_contacts(first.clone()).await).next_page_token;
    let since = Some(prost_types::Timestamp::default());
    for other in [
        ListContactsRequest {
            function: Function::User.into(),
            ..first.clone()
        },
        ListContactsRequest {
            email: "a@b.cn".to_owned(),
            ..first.clone()
        },
        ListContactsRequest {
            updated_since: since,
            ..first.clone()
        },
    ] {
        let foreign = ListContactsRequest {
            page_token: token.clone(),
            ..other
        };
        assert_eq!(
            reason_of(contacts.list_contacts(foreign).await),
            "PAGE_TOKEN_INVALID"
        );
    }
}

#[tokio::test]
async fn a_batch_answers_in_order_and_names_the_missing() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let own = world.account(&seller, "我的").await;
    let hidden = world.account(&world.admin, "别人的").await;
    let first = world.contact(&seller, &own.name, "甲").await;
    let second = world.contact(&seller, &own.name, "乙").await;
    let unseen = world.contact(&world.admin, &hidden.name, "丙").await;
    let absent = nobody("contacts");
    let names = [&second, &unseen, &first, &second].map(|contact| contact.name.clone());
    let request = BatchGetContactsRequest {
        names: names.into_iter().chain([absent.clone()]).collect(),
    };
    let answer = take(
        world
            .contacts(&seller)
            .batch_get_contacts(request.clone())
            .await,
    );
    assert_eq!(answer.contacts, [second, first]);
    assert_eq!(answer.missing, [unseen.name, absent]);
    let foreign = world.settle(tenant()).await;
    let answer = take(world.contacts(&foreign).batch_get_contacts(request).await);
    assert_eq!((answer.contacts.len(), answer.missing.len()), (0, 4));
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_names() {
    let world = World::new().await;
    let mut contacts = world.contacts(&world.admin);
    for (names, fields) in [
        (Vec::new(), vec!["names"]),
        (vec![nobody("contacts"); 1001], vec!["names"]),
        (
            vec!["x".to_owned(), nobody("contacts"), nobody("accounts")],
            vec!["names[0]", "names[2]"],
        ),
    ] {
        let request = BatchGetContactsRequest { names };
        assert_eq!(
            bad_fields(contacts.batch_get_contacts(request).await),
            fields
        );
    }
}

/// Explained as the service's own role, under row-level security.
#[tokio::test]
async fn an_address_is_looked_up_by_its_index() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let (tenant, account) = (world.tenant.0, account.name.replace("accounts/", ""));
    world
        .execute(&format!(
            "insert into accounts.contact
               (tenant_id, id, version, created_at, updated_at, account_id, display_name, title, department, function)
             select '{tenant}', gen_random_uuid(), 1, now(), now(), '{account}', n::text, '', '', 0
             from generate_series(1, 20000) n;
             insert into accounts.contact_email (tenant_id, contact_id, email)
             select tenant_id, id, display_name || '@b.cn' from accounts.contact;
             analyze accounts.contact; analyze accounts.contact_email;"
        ))
        .await;
    let plan = world
        .explained("select contact_id from accounts.contact_email where email = '777@b.cn'")
        .await;
    assert!(plan.contains("contact_email_idx"), "{plan}");
    let request = ListContactsRequest {
        email: "777@b.cn".to_owned(),
        ..Default::default()
    };
    assert_eq!(listed(&world, request).await.len(), 1);
}
