//! Versions stand in the log in their order.

use keynode_kit::call::TenantId;
use keynode_kit::clock::Clock;
use keynode_kit::db::Db;
use keynode_kit::db::PoolSettings;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::testing;
use keynode_proto::accounts::v1::TeamChanged;
use sqlx::Executor as _;
use std::sync::Arc;

use crate::world::{PASSWORD, World, origin, world};

/// Versions of one subject, written by many at once; in the order in which the log is read.
async fn versions_in_log_order(w: &World, take_turns: bool) -> Vec<i64> {
    const WRITERS: usize = 12;
    let settings = PoolSettings {
        max_connections: 12,
        ..PoolSettings::default()
    };
    let url = w.database.url_for("keynode_notification", PASSWORD);
    let db = Db::new(url.parse().unwrap(), &settings);
    let start = Arc::new(tokio::sync::Barrier::new(WRITERS));
    let writers = (0..WRITERS).map(|_| {
        let (db, tenant, start) = (db.clone(), w.tenant, start.clone());
        tokio::spawn(async move {
            let warm = db.begin(tenant).await.unwrap();
            warm.finish(Ok::<_, Fault>(())).await.unwrap();
            start.wait().await;
            for _ in 0..10 {
                change(&db, tenant, take_turns).await;
            }
        })
    });
    for writer in futures_util::future::join_all(writers).await {
        writer.unwrap();
    }
    let mut tx = db.begin(w.tenant).await.unwrap();
    sqlx::query_scalar(
        "select sequence from events.log where subject = 'teams/hot' order by transaction_id, position",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap()
}

/// One change of a versioned row, as services make it.
async fn change(db: &Db, tenant: TenantId, take_turn: bool) {
    let subject = "teams/hot".to_owned();
    let changed: Result<(), Fault> = db
        .transaction(tenant, async |tx: &mut Tx| {
            if take_turn {
                log::take_turn(tx, std::slice::from_ref(&subject)).await?;
            }
            let version: i64 = sqlx::query_scalar("select version from test.hot for update")
                .fetch_one(&mut **tx)
                .await?;
            sqlx::query("update test.hot set version = version + 1")
                .execute(&mut **tx)
                .await?;
            let mut writer = Writer::new(tx, Clock::system());
            writer.record(subject.clone(), version + 1, &TeamChanged::default());
            Ok(writer.append(&origin(tenant)).await?)
        })
        .await;
    changed.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_of_a_subject_are_logged_in_order_because_writers_take_turns() {
    let w = world().await;
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&w.database.superuser_url)
        .await
        .unwrap();
    admin
        .execute(
            "create schema test; create table test.hot (version bigint); insert into test.hot values (0); \
             grant all on schema test to keynode_notification; \
             grant all on test.hot to keynode_notification",
        )
        .await
        .unwrap();
    let in_order: Vec<i64> = (1..=120).collect();
    assert_eq!(versions_in_log_order(&w, true).await, in_order);

    // The negative control: with the row's lock alone, ids do not follow versions.
    admin
        .execute("update test.hot set version = 0")
        .await
        .unwrap();
    let other = World {
        tenant: testing::tenant(),
        ..w
    };
    assert_ne!(versions_in_log_order(&other, false).await, in_order);
}
