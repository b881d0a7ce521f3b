//! Merges that are refused, and what a merged account refuses.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::accounts::updating;
use super::merges::{merging, named};
use super::world::{World, bad_fields, metadata, nobody, reason, reason_of, refused};

#[tokio::test]
async fn what_would_change_a_loser_is_refused_and_told_where_to_go() {
    let world = World::new().await;
    let survivor = world.account(&world.admin, "宏远重工").await;
    let loser = world.account(&world.admin, "宏远").await;
    let other = world.account(&world.admin, "鼎信").await;
    let person = world.contact(&world.admin, &other.name, "王芳").await;
    world.merge(&survivor, &[&loser]).await;
    let mut accounts = world.accounts(&world.admin);
    let update = accounts
        .update_account(updating(&loser, &["industry"]))
        .await;
    let status = refused(update);
    assert_eq!(reason(&status), "ACCOUNT_MERGED");
    assert_eq!(metadata(&status, "survivor"), Some(survivor.name.clone()));
    let below = Account {
        parent: loser.name.clone(),
        ..named("工厂", "3")
    };
    let create = CreateAccountRequest {
        account: Some(below.clone()),
        ..Default::default()
    };
    assert_eq!(
        reason_of(accounts.create_account(create).await),
        "ACCOUNT_MERGED"
    );
    let upsert = UpsertAccountRequest {
        account: Some(below),
        ..Default::default()
    };
    assert_eq!(
        reason_of(accounts.upsert_account(upsert).await),
        "ACCOUNT_MERGED"
    );
    let contact = Contact {
        account: loser.name.clone(),
        display_name: "李伟".to_owned(),
        ..Contact::default()
    };
    let mut contacts = world.contacts(&world.admin);
    let create = CreateContactRequest {
        contact: Some(contact),
        ..Default::default()
    };
    assert_eq!(
        reason_of(contacts.create_contact(create).await),
        "ACCOUNT_MERGED"
    );
    let moving = MoveContactRequest {
        name: person.name,
        account: loser.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        reason_of(contacts.move_contact(moving).await),
        "ACCOUNT_MERGED"
    );
    let map = super::deal::creating(&nobody("opportunities"), &loser.name);
    let map = world.maps(&world.admin).create_decision_map(map).await;
    assert_eq!(reason_of(map), "ACCOUNT_MERGED");
    let note = CreateAccountNoteRequest {
        account_note: Some(AccountNote {
            account: loser.name.clone(),
            text: "x".to_owned(),
            ..AccountNote::default()
        }),
        ..Default::default()
    };
    let note = world.notes(&world.admin).create_account_note(note).await;
    assert_eq!(reason_of(note), "ACCOUNT_MERGED");
}

#[tokio::test]
async fn every_bad_field_of_a_merge_is_named_at_once() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宏远").await;
    let choice = |field: &str, account: &str| MergeChoice {
        field: field.to_owned(),
        account: account.to_owned(),
    };
    let request = MergeAccountsRequest {
        choices: vec![
            choice("external_key", &account.name),
            choice("industry", &nobody("accounts")),
            choice("industry", &account.name),
            choice("tags", "x"),
        ],
        ..merging(&account, &[&account])
    };
    assert_eq!(
        bad_fields(world.try_merge(request).await),
        [
            "choices[0].field",
            "choices[1].account",
            "choices[2].field",
            "choices[3].account",
            "losers[0].account",
        ]
    );
    let none = MergeAccountsRequest {
        survivor: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(world.try_merge(none).await),
        ["losers", "survivor"]
    );
    let many: Vec<Account> = (0..11)
        .map(|_| Account {
            name: nobody("accounts"),
            ..Account::default()
        })
        .collect();
    let many = merging(&account, &many.iter().collect::<Vec<_>>());
    assert_eq!(bad_fields(world.try_merge(many).await), ["losers"]);
}

#[tokio::test]
async fn who_takes_part_must_be_there_seen_current_and_not_merged() {
    let world = World::new().await;
    let [a, b, c] = ["甲", "乙", "丙"].map(|name| world.account(&world.admin, name));
    let (a, b, c) = (a.await, b.await, c.await);
    let gone = Account {
        name: nobody("accounts"),
        ..Account::default()
    };
    let lost = world.try_merge(merging(&a, &[&gone])).await;
    assert_eq!(reason_of(lost), "ACCOUNT_NOT_FOUND");
    let mut stale = merging(&a, &[&b]);
    stale.losers[0].etag = "7".to_owned();
    assert_eq!(reason_of(world.try_merge(stale).await), "ETAG_MISMATCH");
    let stale = MergeAccountsRequest {
        survivor_etag: "7".to_owned(),
        ..merging(&a, &[&b])
    };
    assert_eq!(reason_of(world.try_merge(stale).await), "ETAG_MISMATCH");
    world.merge(&a, &[&b]).await;
    for request in [merging(&c, &[&b]), merging(&b, &[&c])] {
        let status = refused(world.try_merge(request).await);
        assert_eq!(reason(&status), "ACCOUNT_MERGED");
        assert_eq!(metadata(&status, "survivor"), Some(a.name.clone()));
    }
    let foreign = world.settle(tenant()).await;
    let refused = world
        .merges(&foreign)
        .merge_accounts(merging(&a, &[&c]))
        .await;
    assert_eq!(reason_of(refused), "ACCOUNT_NOT_FOUND");
    let seller = world.seller("").await;
    let refused = world
        .merges(&seller)
        .merge_accounts(merging(&a, &[&c]))
        .await;
    assert_eq!(reason_of(refused), "PERMISSION_DENIED");
    let manager = Caller {
        roles: vec!["sales_manager"],
        ..seller
    };
    let mine = world.account(&manager, "丁").await;
    let refused = world
        .merges(&manager)
        .merge_accounts(merging(&mine, &[&c]))
        .await;
    assert_eq!(reason_of(refused), "ACCOUNT_NOT_FOUND", "not seen");
}

#[tokio::test]
async fn too_much_for_one_merge_is_refused() {
    let world = World::new().await;
    let survivor = world.account(&world.admin, "宏远重工").await;
    let loser = world.account(&world.admin, "宏远").await;
    let many = format!(
        "insert into accounts.account_note
           (tenant_id, id, version, created_at, updated_at, account_id, author, text, pinned)
         select '{}', gen_random_uuid(), 1, now(), now(), '{}', 'people/x', 'x', false
         from generate_series(1, 5001)",
        world.tenant,
        super::world::id(&loser.name),
    );
    world.execute(&many).await;
    let status = refused(world.try_merge(merging(&survivor, &[&loser])).await);
    assert_eq!(reason(&status), "MERGE_TOO_LARGE");
    assert_eq!(metadata(&status, "count").as_deref(), Some("5001"));
    assert_eq!(world.led(&loser.name).await, loser);
}
