//! Accounts and contacts that a release wrote that did not index them, or did so otherwise.

use keynode_proto::accounts::v1::*;

use super::market::eventually;
use super::matching::{find, query};
use super::world::{World, id, take};

const ACCOUNT: &str = "上海国际机场股份有限公司";
const CONTACT: &str = "欧阳小明";

async fn matched(world: &World, name: &str) -> Vec<String> {
    let found = find(world, &world.admin, vec![query(name)]).await.remove(0);
    found.into_iter().map(|it| it.account).collect()
}

async fn accounts_found(world: &World, query: &str) -> Vec<String> {
    let request = SearchAccountsRequest {
        query: query.to_owned(),
        ..Default::default()
    };
    let mut search = world.search(&world.admin);
    let answer = take(search.search_accounts(request).await);
    answer.hits.into_iter().map(|hit| hit.account).collect()
}

async fn contacts_found(world: &World, query: &str) -> Vec<String> {
    let request = SearchContactsRequest {
        query: query.to_owned(),
        ..Default::default()
    };
    let mut search = world.search(&world.admin);
    let answer = take(search.search_contacts(request).await);
    answer.hits.into_iter().map(|hit| hit.contact).collect()
}

/// What of the tenant is still to be indexed.
async fn behind(world: &World) -> i64 {
    let tenant = world.tenant.0;
    let sql = format!(
        "select (select count(*) from accounts.account a
                 where tenant_id = '{tenant}' and (index_version = 0 or indexed_version <> version))
              + (select count(*) from accounts.contact c
                 where tenant_id = '{tenant}' and (index_version = 0 or indexed_version <> version))"
    );
    world.count(&sql).await
}

/// An account and a contact that are found.
async fn known(world: &World) -> (Account, Contact) {
    let account = world.account(&world.admin, ACCOUNT).await;
    let contact = world.contact(&world.admin, &account.name, CONTACT).await;
    assert_eq!(behind(world).await, 0, "what is saved is indexed");
    (account, contact)
}

#[tokio::test]
async fn what_was_never_indexed_is_found_after_the_upgrade() {
    let world = World::new().await;
    let (account, contact) = known(&world).await;
    // As a release left them that knew neither the index nor the marks of it.
    world
        .execute(
            "delete from accounts.match_profile; delete from accounts.search_entry;
             update accounts.account set index_version = 0, indexed_version = 0, winter_jasmine = null;
             update accounts.contact set index_version = 0, indexed_version = 0",
        )
        .await;
    assert!(matched(&world, ACCOUNT).await.is_empty());
    assert!(accounts_found(&world, "机场").await.is_empty());
    assert!(contacts_found(&world, CONTACT).await.is_empty());
    world.react();
    eventually(|| behind(&world), |left| *left == 0).await;
    assert_eq!(matched(&world, ACCOUNT).await, [account.name.as_str()]);
    assert_eq!(
        accounts_found(&world, "机场").await,
        [account.name.as_str()]
    );
    assert_eq!(
        contacts_found(&world, CONTACT).await,
        [contact.name.as_str()]
    );
    let unclassed = "select count(*) from accounts.account where winter_jasmine is null";
    assert_eq!(world.count(unclassed).await, 0);
    let written = world.events(&account.name).await.len();
    assert_eq!(written, 1, "nothing changed that anybody is to be told of");
}

/// During a rolling upgrade the release before goes on writing, without the index.
#[tokio::test]
async fn what_the_release_before_changed_is_indexed_again() {
    let world = World::new().await;
    let (account, contact) = known(&world).await;
    world.react();
    let renamed = format!(
        "update accounts.account set display_name = '宁夏化工', version = version + 1 where id = '{}';
         update accounts.contact set display_name = '司马光', version = version + 1 where id = '{}'",
        id(&account.name),
        id(&contact.name),
    );
    world.execute(&renamed).await;
    eventually(|| behind(&world), |left| *left == 0).await;
    assert_eq!(matched(&world, "宁夏化工").await, [account.name.as_str()]);
    assert!(accounts_found(&world, "机场").await.is_empty());
    assert_eq!(
        contacts_found(&world, "司马光").await,
        [contact.name.as_str()]
    );
    assert!(contacts_found(&world, CONTACT).await.is_empty());
}

#[tokio::test]
async fn another_way_of_indexing_indexes_everything_anew() {
    let world = World::new().await;
    let (account, contact) = known(&world).await;
    // As a release left them that cut names into other pieces.
    world
        .execute(
            "update accounts.match_profile set grams = '{}';
             update accounts.search_entry set grams = '{}', initials = '', pinyin = '';
             update accounts.account set index_version = index_version - 1;
             update accounts.contact set index_version = index_version - 1",
        )
        .await;
    assert!(matched(&world, ACCOUNT).await.is_empty());
    assert!(accounts_found(&world, "机场").await.is_empty());
    world.react();
    eventually(|| behind(&world), |left| *left == 0).await;
    assert_eq!(matched(&world, ACCOUNT).await, [account.name.as_str()]);
    assert_eq!(
        accounts_found(&world, "机场").await,
        [account.name.as_str()]
    );
    assert_eq!(
        contacts_found(&world, "oyxm").await,
        [contact.name.as_str()]
    );
}

#[tokio::test]
async fn many_are_indexed_in_batches_by_two_replicas_and_in_every_tenant() {
    let world = World::new().await;
    let other = keynode_kit::testing::tenant();
    world.settle(other).await;
    for tenant in [world.tenant, other] {
        let sql = format!(
            "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name, industry,
               location)
             select '{}', gen_random_uuid(), 1, now(), now(), '第' || n || '化工厂', '', ''
             from generate_series(1, 450) n",
            tenant.0
        );
        world.execute(&sql).await;
    }
    world.react();
    let profiles = "select count(*) from accounts.match_profile";
    let entries = "select count(*) from accounts.search_entry";
    eventually(|| world.count(profiles), |count| *count == 900).await;
    eventually(|| world.count(entries), |count| *count == 900).await;
    eventually(|| behind(&world), |left| *left == 0).await;
}

#[tokio::test]
async fn looking_for_what_is_not_indexed_uses_an_index() {
    let world = World::new().await;
    known(&world).await;
    for table in ["account", "contact"] {
        let plan = world
            .explained(&format!(
                "select id from accounts.{table}
                 where (case when indexed_version = version then index_version else 0 end) < 1
                 order by (case when indexed_version = version then index_version else 0 end)
                 limit 200 for no key update skip locked"
            ))
            .await;
        assert!(
            plan.contains(&format!("{table}_index_version_idx")),
            "{plan}"
        );
    }
}
