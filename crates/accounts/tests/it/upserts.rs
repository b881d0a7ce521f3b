use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::account_row_result::Result as Outcome;
use keynode_proto::accounts::v1::attribute_value::Value;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::accounts::{creating, key, updating};
use super::attributes::{declaring, valued};
use super::world::{World, bad_fields, metadata, reason, reason_of, refused, request_id, take};

fn crm(external_id: &str) -> ExternalKey {
    ExternalKey {
        source_system: "crm".to_owned(),
        external_id: external_id.to_owned(),
    }
}

fn upserting(external_key: Option<ExternalKey>, account: Account) -> UpsertAccountRequest {
    UpsertAccountRequest {
        account: Some(Account {
            external_key,
            ..account
        }),
        ..Default::default()
    }
}

fn named(display_name: &str) -> Account {
    Account {
        display_name: display_name.to_owned(),
        ..Account::default()
    }
}

async fn upsert(world: &World, request: UpsertAccountRequest) -> (Account, bool) {
    let caller = Caller::integrator(world.tenant);
    let answer = take(world.accounts(&caller).upsert_account(request).await);
    (answer.account.unwrap(), answer.created)
}

#[tokio::test]
async fn an_upsert_adds_once_and_then_changes_what_it_says() {
    let world = World::new().await;
    let (made, created) = upsert(&world, upserting(key("1"), named("宁夏化工"))).await;
    assert!(created);
    let told = Account {
        region: "西北".to_owned(),
        ..Account::default()
    };
    let (changed, created) = upsert(&world, upserting(key("1"), told.clone())).await;
    assert!(!created);
    assert_eq!(
        (changed.name.clone(), changed.display_name, changed.region),
        (made.name, made.display_name, "西北".to_owned())
    );
    let (same, _) = upsert(&world, upserting(key("1"), told)).await;
    assert_eq!(same.etag, changed.etag, "nothing changed");
    assert_eq!(world.events(&changed.name).await.len(), 2);
}

#[tokio::test]
async fn an_upsert_finds_the_account_by_any_of_its_keys() {
    let world = World::new().await;
    let both = Account {
        further_external_keys: vec![crm("b"), crm("a")],
        ..named("宁夏化工")
    };
    let (made, _) = upsert(&world, upserting(key("1"), both)).await;
    assert_eq!(made.further_external_keys, [crm("a"), crm("b")]);
    let more = Account {
        further_external_keys: vec![crm("c")],
        industry: "chemicals".to_owned(),
        ..Account::default()
    };
    let (found, created) = upsert(&world, upserting(Some(crm("b")), more)).await;
    assert_eq!((found.name.clone(), created), (made.name.clone(), false));
    assert_eq!(
        found.external_key,
        key("1"),
        "the first key stays the first"
    );
    assert_eq!(found.further_external_keys, [crm("a"), crm("b"), crm("c")]);

    let fewer = Account {
        further_external_keys: vec![crm("c")],
        ..found
    };
    let caller = Caller::integrator(world.tenant);
    let mut accounts = world.accounts(&caller);
    take(
        accounts
            .update_account(updating(&fewer, &["further_external_keys"]))
            .await,
    );
    let (_, created) = upsert(&world, upserting(Some(crm("a")), named("另一家"))).await;
    assert!(created, "a key that was given up is free again");
}

#[tokio::test]
async fn a_first_key_that_changes_is_free_again() {
    let world = World::new().await;
    let (made, _) = upsert(&world, upserting(key("1"), named("宁夏化工"))).await;
    let rekeyed = Account {
        external_key: key("2"),
        ..made.clone()
    };
    let mut accounts = world.accounts(&world.admin);
    take(
        accounts
            .update_account(updating(&rekeyed, &["external_key"]))
            .await,
    );
    let (by_new, created) = upsert(&world, upserting(key("2"), Account::default())).await;
    assert_eq!((by_new.name, created), (made.name, false));
    assert!(upsert(&world, upserting(key("1"), named("另一家"))).await.1);
}

#[tokio::test]
async fn a_key_belongs_to_one_account() {
    let world = World::new().await;
    let first = Account {
        further_external_keys: vec![crm("a")],
        ..named("宁夏化工")
    };
    let (holder, _) = upsert(&world, upserting(key("1"), first)).await;
    let thief = Account {
        further_external_keys: vec![crm("a")],
        ..named("另一家")
    };
    let caller = Caller::integrator(world.tenant);
    let mut accounts = world.accounts(&caller);
    let taken = refused(
        accounts
            .upsert_account(upserting(key("2"), thief.clone()))
            .await,
    );
    assert_eq!(
        (reason(&taken).as_str(), metadata(&taken, "name")),
        ("EXTERNAL_KEY_TAKEN", Some(holder.name))
    );
    assert_eq!(
        reason_of(accounts.create_account(creating(thief)).await),
        "EXTERNAL_KEY_TAKEN"
    );
    let seller = world.seller("").await;
    let hidden = upserting(Some(crm("a")), named("x"));
    assert_eq!(
        reason_of(world.accounts(&seller).upsert_account(hidden).await),
        "ACCOUNT_NOT_FOUND"
    );
}

#[tokio::test]
async fn values_of_attributes_are_taken_one_by_one() {
    let world = World::new().await;
    let mut attributes = world.attributes(&world.admin);
    for id in ["area", "line"] {
        take(
            attributes
                .create_attribute(declaring(id, AttributeType::Text))
                .await,
        );
    }
    let text = |id: &str, text: &str| valued(id, Value::Text(text.to_owned()));
    let of = |values| Account {
        attributes: values,
        ..named("宁夏化工")
    };
    upsert(
        &world,
        upserting(key("1"), of(vec![text("area", "1"), text("line", "1")])),
    )
    .await;
    let (changed, _) = upsert(&world, upserting(key("1"), of(vec![text("line", "2")]))).await;
    assert_eq!(changed.attributes, [text("area", "1"), text("line", "2")]);
}

#[tokio::test]
async fn upserts_are_checked_guarded_and_repeatable() {
    let world = World::new().await;
    let caller = Caller::integrator(world.tenant);
    let mut accounts = world.accounts(&caller);
    let bad = Account {
        kind: 99,
        attributes: vec![valued("x", Value::Text("x".to_owned()))],
        ..named(&"长".repeat(201))
    };
    assert_eq!(
        bad_fields(accounts.upsert_account(upserting(None, bad)).await),
        [
            "account.attributes[0].attribute",
            "account.display_name",
            "account.external_key",
            "account.kind"
        ]
    );
    let checked = UpsertAccountRequest {
        validate_only: true,
        ..upserting(key("1"), named("宁夏化工"))
    };
    assert!(upsert(&world, checked).await.1);
    let request = UpsertAccountRequest {
        request_id: request_id(),
        ..upserting(key("1"), named("宁夏化工"))
    };
    let (made, created) = upsert(&world, request.clone()).await;
    assert!(created, "what was only checked was not stored");
    let guarded = Account {
        etag: "7".to_owned(),
        ..named("宁夏")
    };
    assert_eq!(
        reason_of(accounts.upsert_account(upserting(key("1"), guarded)).await),
        "ETAG_MISMATCH"
    );
    let under_itself = Account {
        parent: made.name.clone(),
        ..Account::default()
    };
    assert_eq!(
        reason_of(
            accounts
                .upsert_account(upserting(key("1"), under_itself))
                .await
        ),
        "ACCOUNT_CYCLE"
    );
    let seller = world.seller("").await;
    let mut of_seller = world.accounts(&seller);
    let repeated = UpsertAccountRequest {
        request_id: request_id(),
        ..upserting(key("2"), named("二厂"))
    };
    let first = take(of_seller.upsert_account(repeated.clone()).await);
    assert_eq!(
        take(of_seller.upsert_account(repeated.clone()).await),
        first
    );
    let other = UpsertAccountRequest {
        account: Some(named("三厂")),
        ..repeated
    };
    assert_eq!(
        reason_of(of_seller.upsert_account(other).await),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(world.events(&first.account.unwrap().name).await.len(), 1);
}

#[tokio::test]
async fn a_batch_takes_the_whole_profile_and_tells_rows_of_one_account_apart() {
    let world = World::new().await;
    let first = Account {
        further_external_keys: vec![crm("a")],
        ..named("宁夏化工")
    };
    upsert(&world, upserting(key("1"), first)).await;
    let row = |external_key, account: Account| AccountRow {
        account: Some(Account {
            external_key,
            ..account
        }),
        ..AccountRow::default()
    };
    let tagged = Account {
        tags: vec!["重点".to_owned()],
        legal_name: "宁夏化工有限公司".to_owned(),
        ..named("x")
    };
    let thief = Account {
        further_external_keys: vec![crm("a")],
        ..named("x")
    };
    let rows = vec![
        row(key("1"), tagged.clone()),
        row(Some(crm("a")), tagged.clone()),
        row(key("2"), tagged),
    ];
    let request = BatchUpsertAccountsRequest {
        rows,
        ..Default::default()
    };
    let caller = Caller::integrator(world.tenant);
    let mut accounts = world.accounts(&caller);
    let results = take(accounts.batch_upsert_accounts(request).await).results;
    let outcomes: Vec<_> = results.into_iter().map(|r| r.result.unwrap()).collect();
    assert!(
        matches!(
            outcomes.as_slice(),
            [Outcome::Updated(_), Outcome::Error(_), Outcome::Created(_)]
        ),
        "{outcomes:?}"
    );
    let ambiguous = BatchUpsertAccountsRequest {
        rows: vec![
            row(Some(crm("z")), named("x")),
            row(Some(crm("a")), thief.clone()),
        ]
        .into_iter()
        .chain([row(key("9"), thief)])
        .collect(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(accounts.batch_upsert_accounts(ambiguous).await),
        ["rows[2].account.further_external_keys[0]"]
    );
}

#[tokio::test]
async fn two_upserts_at_once_make_one_account() {
    let world = World::new().await;
    world.warm_up().await;
    let (one, two) = tokio::join!(
        upsert(&world, upserting(key("1"), named("宁夏化工"))),
        upsert(&world, upserting(key("1"), named("宁夏化工")))
    );
    assert_eq!(one.0.name, two.0.name);
    assert_ne!(one.1, two.1, "one of them adds it");
}

#[tokio::test]
async fn the_release_before_writes_keys_that_this_one_finds() {
    let world = World::new().await;
    let made = world.account(&world.admin, "宁夏化工").await;
    let (_, id) = made.name.split_once('/').unwrap();
    world
        .execute(&format!(
            "update accounts.account set source_system = 'sap', external_id = '1' where id = '{id}'"
        ))
        .await;
    let (found, created) = upsert(&world, upserting(key("1"), Account::default())).await;
    assert_eq!((found.name, created), (made.name, false));
}
