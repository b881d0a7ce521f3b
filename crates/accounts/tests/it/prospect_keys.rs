//! What becomes of a prospect's external key when it is converted.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::prospecting::plant;
use super::world::{World, take};

fn key(external_id: &str) -> ExternalKey {
    ExternalKey {
        source_system: "fair".to_owned(),
        external_id: external_id.to_owned(),
    }
}

/// The account that a prospect of this key becomes.
async fn convert(world: &World, seller: &Caller, external_id: &str, account: &str) -> String {
    let keyed = Prospect {
        external_key: Some(key(external_id)),
        ..plant()
    };
    let prospect = world.prospect(seller, keyed).await;
    let request = ForceConvertProspectRequest {
        name: prospect.name,
        reason: "老客户".to_owned(),
        account: account.to_owned(),
        ..Default::default()
    };
    let mut prospects = world.prospects(&world.admin);
    take(prospects.force_convert_prospect(request).await)
        .prospect
        .unwrap()
        .conversion
        .unwrap()
        .account
}

async fn upsert(world: &World, external_id: &str) -> (bool, Account) {
    let request = UpsertAccountRequest {
        account: Some(Account {
            display_name: "宁夏化工有限公司".to_owned(),
            external_key: Some(key(external_id)),
            ..Account::default()
        }),
        ..Default::default()
    };
    let answer = take(world.accounts(&world.admin).upsert_account(request).await);
    (answer.created, answer.account.unwrap())
}

#[tokio::test]
async fn an_import_under_a_prospects_key_finds_its_account() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let made = convert(&world, &seller, "1", "").await;
    let (created, account) = upsert(&world, "1").await;
    assert_eq!((created, &account.name), (false, &made));
    assert_eq!(account.external_key, Some(key("1")));
    assert_eq!(convert(&world, &seller, "2", &made).await, made);
    let (created, account) = upsert(&world, "2").await;
    assert_eq!((created, &account.name), (false, &made));
    assert_eq!(account.further_external_keys, [key("2")]);
    let events = world.events(&made).await;
    let last: AccountChanged = events.last().unwrap().message();
    assert_eq!(last.after.unwrap().further_external_keys, [key("2")]);
    let keyless = world.account(&seller, "宁夏化工有限公司").await;
    assert_eq!(
        convert(&world, &seller, "3", &keyless.name).await,
        keyless.name
    );
    let (_, account) = upsert(&world, "3").await;
    assert_eq!(
        (account.name, account.external_key),
        (keyless.name, Some(key("3")))
    );
}

#[tokio::test]
async fn a_key_that_an_account_has_stays_there() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let (created, holder) = upsert(&world, "1").await;
    let made = convert(&world, &seller, "1", "").await;
    assert!(created && made != holder.name);
    let (created, found) = upsert(&world, "1").await;
    assert_eq!((created, found.name), (false, holder.name));
}
