//! Tables that are being filled are known to the planner.

use std::time::Duration;

use keynode_kit::statistics::Statistics;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::world::world;

/// What the planner believes; -1 = nothing.
async fn believed(admin: &mut PgConnection, table: &str) -> f32 {
    sqlx::query_scalar("select reltuples from pg_class where oid = $1::regclass")
        .bind(table)
        .fetch_one(admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_table_that_doubled_is_analyzed_and_others_are_left_alone() {
    let w = world().await;
    let mut admin = PgConnection::connect(&w.database.superuser_url)
        .await
        .unwrap();
    admin
        .execute(
            "create schema filled authorization keynode_owner; set role keynode_owner; \
             create table filled.grown (n int); create table filled.small (n int); reset role; \
             create table filled.of_another (n int)",
        )
        .await
        .unwrap();
    for table in ["grown", "of_another"] {
        let sql = format!("insert into filled.{table} select generate_series(1, 5000)");
        admin.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
    admin
        .execute("insert into filled.small select 1")
        .await
        .unwrap();
    let statistics = Statistics::of("filled");
    // Postgres tells of what was written within seconds, not at once.
    for _ in 0..300 {
        statistics.count(&w.db, 2000).await;
        if believed(&mut admin, "filled.grown").await >= 0.0 {
            break;
        }
        admin
            .execute("select pg_stat_force_next_flush()")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(believed(&mut admin, "filled.grown").await, 5000.0);
    for left_alone in ["filled.small", "filled.of_another"] {
        assert_eq!(believed(&mut admin, left_alone).await, -1.0, "{left_alone}");
    }
}
