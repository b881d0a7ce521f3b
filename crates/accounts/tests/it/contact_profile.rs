//! Details, former employers, languages: what is kept, refused, and kept out of the feed.

use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::{ExternalKey, LocalizedText};
use keynode_proto::google::r#type::Date;

use super::contacts::updating;
use super::world::{World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, take};

pub fn detail(kind: ContactDetailKind, value: &str) -> ContactDetail {
    ContactDetail {
        kind: kind.into(),
        value: value.to_owned(),
        ..ContactDetail::default()
    }
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn creating(contact: Contact) -> CreateContactRequest {
    CreateContactRequest {
        contact: Some(contact),
        ..Default::default()
    }
}

fn full(account: &str, former: &str) -> Contact {
    Contact {
        account: account.to_owned(),
        display_name: "甲".to_owned(),
        details: vec![
            ContactDetail {
                label: "办公室".to_owned(),
                preferred: true,
                ..detail(ContactDetailKind::Phone, "(0951) 123-4567转8001")
            },
            detail(ContactDetailKind::Email, "Jia@Example.com"),
            detail(ContactDetailKind::Wechat, "jia_88"),
        ],
        former_employers: vec![FormerEmployer {
            organisation: "旧厂".to_owned(),
            account: former.to_owned(),
            title: "技术员".to_owned(),
            from: day(2001, 2, 3),
            to: None,
        }],
        language_code: "zh-CN".to_owned(),
        external_key: Some(ExternalKey {
            source_system: "sap".to_owned(),
            external_id: "7".to_owned(),
        }),
        concerns: vec![Concern {
            id: "stability".to_owned(),
            weight: Some(70),
            evidence: "三次谈到停机".to_owned(),
            evidence_date: day(2026, 1, 2),
            ..Concern::default()
        }],
        left_date: day(2026, 3, 31),
        ..Contact::default()
    }
}

#[tokio::test]
async fn what_is_said_of_a_person_is_kept_as_it_was_said() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let former = world.account(&world.admin, "旧厂").await;
    let mut contacts = world.contacts(&world.admin);
    let sent = full(&account.name, &former.name);
    let made = take(contacts.create_contact(creating(sent.clone())).await)
        .contact
        .unwrap();
    let read = take(
        contacts
            .get_contact(GetContactRequest {
                name: made.name.clone(),
            })
            .await,
    )
    .contact
    .unwrap();
    assert_eq!(read, made);
    let expected = Contact {
        name: made.name.clone(),
        etag: "1".to_owned(),
        create_time: made.create_time,
        update_time: made.update_time,
        effective_concerns: made.effective_concerns.clone(),
        ..sent
    };
    assert_eq!(made, expected);

    let emptied = Contact {
        name: made.name.clone(),
        ..Contact::default()
    };
    let fields = [
        "details",
        "former_employers",
        "concerns",
        "left_date",
        "language_code",
        "external_key",
    ];
    let changed = take(contacts.update_contact(updating(&emptied, &fields)).await)
        .contact
        .unwrap();
    let expected = Contact {
        name: made.name,
        etag: "2".to_owned(),
        account: account.name,
        display_name: "甲".to_owned(),
        create_time: made.create_time,
        update_time: changed.update_time,
        ..Contact::default()
    };
    assert_eq!(changed, expected);
}

#[tokio::test]
async fn events_carry_no_value_of_a_detail() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut contacts = world.contacts(&world.admin);
    let made = take(
        contacts
            .create_contact(creating(full(&account.name, "")))
            .await,
    )
    .contact
    .unwrap();
    let mobile = Contact {
        name: made.name.clone(),
        details: vec![detail(ContactDetailKind::Mobile, "13800138000")],
        ..Contact::default()
    };
    take(contacts.update_contact(updating(&mobile, &[])).await);
    let events = world.events(&made.name).await;
    let change: ContactChanged = events[1].message();
    let kinds = |contact: Option<Contact>| -> Vec<ContactDetail> { contact.unwrap().details };
    let before = kinds(change.before);
    assert_eq!(
        before
            .iter()
            .map(|d| (d.kind(), d.preferred))
            .collect::<Vec<_>>(),
        [
            (ContactDetailKind::Phone, true),
            (ContactDetailKind::Email, false),
            (ContactDetailKind::Wechat, false)
        ]
    );
    assert_eq!(kinds(change.after), [detail(ContactDetailKind::Mobile, "")]);
    let said = ["0951", "Jia@", "jia@", "jia_88", "办公室", "13800138000"];
    let like: Vec<String> = said
        .iter()
        .map(|word| format!("position(convert_to('{word}', 'UTF8') in data) > 0"))
        .collect();
    let leaks = format!(
        "select count(*) from events.log where {}",
        like.join(" or ")
    );
    assert_eq!(world.count(&leaks).await, 0);
}

#[tokio::test]
async fn every_bad_field_of_a_profile_is_named_at_once() {
    let world = World::new().await;
    let mut contacts = world.contacts(&world.admin);
    let bad = Contact {
        details: vec![
            detail(ContactDetailKind::Email, "nobody"),
            detail(ContactDetailKind::Phone, "call me"),
            detail(ContactDetailKind::Unspecified, "x"),
        ],
        former_employers: vec![FormerEmployer {
            account: "x".to_owned(),
            from: day(2020, 1, 2),
            to: day(2020, 1, 1),
            ..FormerEmployer::default()
        }],
        manager: "people/1".to_owned(),
        language_code: "zh_CN".to_owned(),
        external_key: Some(ExternalKey::default()),
        concerns: vec![Concern {
            id: "Not A Slug".to_owned(),
            text: Some(LocalizedText {
                zh_cn: "词".to_owned(),
                en: String::new(),
            }),
            weight: Some(-1),
            ..Concern::default()
        }],
        left_date: day(99, 1, 1),
        ..full(&nobody("accounts"), "")
    };
    let expected = [
        "contact.concerns[0].id",
        "contact.concerns[0].weight",
        "contact.details[0].value",
        "contact.details[1].value",
        "contact.details[2].kind",
        "contact.external_key.external_id",
        "contact.external_key.source_system",
        "contact.former_employers[0].account",
        "contact.former_employers[0].organisation",
        "contact.former_employers[0].to",
        "contact.language_code",
        "contact.left_date",
        "contact.manager",
    ];
    assert_eq!(
        bad_fields(contacts.create_contact(creating(bad)).await),
        expected
    );
}

#[tokio::test]
async fn a_former_employer_is_an_account_that_the_caller_sees() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let hidden = world.account(&world.admin, "别人的客户").await;
    let own = world.account(&seller, "我的客户").await;
    let mut contacts = world.contacts(&seller);
    for former in [hidden.name.clone(), nobody("accounts")] {
        let refusal = refused(
            contacts
                .create_contact(creating(full(&own.name, &former)))
                .await,
        );
        assert_eq!(reason(&refusal), "ACCOUNT_NOT_FOUND");
        assert_eq!(metadata(&refusal, "name"), Some(former));
    }
    let made = take(
        world
            .contacts(&world.admin)
            .create_contact(creating(full(&own.name, &hidden.name)))
            .await,
    )
    .contact
    .unwrap();
    let retitled = Contact {
        title: "经理".to_owned(),
        ..made
    };
    let changed = take(contacts.update_contact(updating(&retitled, &[])).await);
    let changed = changed.contact.unwrap();
    assert_eq!(changed.former_employers[0].account, "", "not to the seller");
    let request = GetContactRequest { name: changed.name };
    let mut contacts = world.contacts(&world.admin);
    let stored = take(contacts.get_contact(request).await).contact.unwrap();
    assert_eq!(
        stored.former_employers[0].account, hidden.name,
        "what stays is left alone"
    );
}

#[tokio::test]
async fn an_external_key_is_of_one_contact_only() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let own = world.account(&seller, "我的客户").await;
    let first = take(
        world
            .contacts(&world.admin)
            .create_contact(creating(full(&account.name, "")))
            .await,
    )
    .contact
    .unwrap();
    let second = creating(full(&account.name, ""));
    let refusal = refused(world.contacts(&world.admin).create_contact(second).await);
    assert_eq!(reason(&refusal), "EXTERNAL_KEY_TAKEN");
    assert_eq!(metadata(&refusal, "name"), Some(first.name));
    let blind = creating(full(&own.name, ""));
    let refusal = refused(world.contacts(&seller).create_contact(blind).await);
    assert_eq!(reason(&refusal), "EXTERNAL_KEY_TAKEN");
    assert_eq!(metadata(&refusal, "name"), None);
    let other = world.contact(&world.admin, &account.name, "乙").await;
    let taking = Contact {
        external_key: full("", "").external_key,
        ..other
    };
    let request = UpdateContactRequest {
        update_mask: mask(&["external_key"]),
        ..updating(&taking, &[])
    };
    assert_eq!(
        reason_of(world.contacts(&world.admin).update_contact(request).await),
        "EXTERNAL_KEY_TAKEN"
    );
}
