//! The database keeps tenants, services and history apart.

use keynode_kit::clock::Clock;
use keynode_kit::db::Db;
use keynode_kit::db::PoolSettings;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::log::Cursor;
use keynode_kit::testing;
use sqlx::Executor as _;

use crate::world::{PASSWORD, append, world};

#[tokio::test]
async fn another_tenant_sees_and_writes_nothing() {
    let w = world().await;
    let other = testing::tenant();
    let mut tx = w.db.begin(w.tenant).await.unwrap();
    append(&mut tx, w.tenant, "teams/mine").await.unwrap();
    tx.finish(Ok::<_, Fault>(())).await.unwrap();

    let mut tx = w.db.begin(other).await.unwrap();
    assert!(
        log::read_tenant(&mut tx, Cursor::default(), &[], &[], 10, i64::MAX)
            .await
            .unwrap()
            .0
            .is_empty()
    );
    let forged = append(&mut tx, w.tenant, "teams/forged").await.unwrap_err();
    assert_eq!(
        forged.as_database_error().unwrap().code().as_deref(),
        Some("42501")
    );
    drop(tx);
    let mut nobody = w.db.begin_without_tenant().await.unwrap();
    let count: i64 = sqlx::query_scalar("select count(*) from events.log")
        .fetch_one(&mut *nobody)
        .await
        .unwrap();
    assert_eq!(count, 0, "no tenant sees nothing");
}

#[tokio::test]
async fn a_service_reaches_no_other_schema_and_changes_no_history() {
    let w = world().await;
    for sql in [
        "update events.log set actor = 'people/other'",
        "delete from events.log",
        "truncate events.log",
        "alter table events.log disable row level security",
        "create table events.mine (id int)",
    ] {
        let mut tx = w.db.begin(w.tenant).await.unwrap();
        let refused = tx.execute(sql).await.unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().as_deref(),
            Some("42501"),
            "{sql}"
        );
    }
    let accounts = Db::new(
        w.database
            .url_for("keynode_accounts", PASSWORD)
            .parse()
            .unwrap(),
        &PoolSettings::default(),
    );
    let mut tx = accounts.begin(w.tenant).await.unwrap();
    let refused = log::read_all(&mut tx, Cursor::default(), 10)
        .await
        .unwrap_err();
    assert_eq!(
        refused.reason(),
        "INTERNAL",
        "reading every tenant's log is granted to consumers only"
    );
}

#[tokio::test]
async fn a_denial_is_logged_for_its_tenant_only() {
    let w = world().await;
    let denial = |tenant| keynode_kit::auth::Denial {
        tenant,
        subject: "people/test".into(),
        method: "/test/CreateTeam",
        permission: "test.teams.create",
        reason: "PERMISSION_DENIED".into(),
        trace_id: String::new(),
        at: Clock::system().now(),
    };
    keynode_kit::denial::write(&w.db, &denial(Some(w.tenant)))
        .await
        .unwrap();
    keynode_kit::denial::write(&w.db, &denial(None))
        .await
        .unwrap();
    for (tenant, expected) in [(w.tenant, 1_i64), (testing::tenant(), 0)] {
        let mut tx = w.db.begin(tenant).await.unwrap();
        let logged: i64 = sqlx::query_scalar("select count(*) from events.denial")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(logged, expected);
    }
}
