//! The database itself refuses a stage that was written without its move, also to the
//! service's own role.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::world::*;

/// What the database says to a statement of the service's role, in the world's tenant.
async fn refused(world: &World, sql: &str) -> sqlx::postgres::PgDatabaseError {
    let mut connection = PgConnection::connect(&world.own_url()).await.unwrap();
    let begin = format!("begin; set local keynode.tenant_id = '{}'", world.tenant);
    connection
        .execute(sqlx::AssertSqlSafe(begin))
        .await
        .unwrap();
    let sql = format!("{sql}; commit");
    let error = connection
        .execute(sqlx::AssertSqlSafe(sql))
        .await
        .expect_err("the database took it");
    *error
        .into_database_error()
        .unwrap()
        .downcast::<sqlx::postgres::PgDatabaseError>()
}

#[tokio::test]
async fn a_stage_is_not_written_without_its_move() {
    let world = world().await;
    imported(&world, "bid").await;
    for change in [
        "stage = 'negotiation'",
        "stage_position = 5",
        "status = 'WON', closed_at = now()",
        "completed_key_nodes = '{4}'",
        "forced_key_nodes = '{4}'",
        "stage_entered_at = now()",
        "process_version = 1",
    ] {
        let sql = format!("update pipeline.opportunity set version = version + 1, {change}");
        assert_eq!(
            refused(&world, &sql).await.constraint(),
            Some("opportunity_moved_by_a_move"),
            "{change}"
        );
    }
}

#[tokio::test]
async fn an_old_move_does_not_serve_again() {
    let world = world().await;
    let name = imported(&world, "proposal").await;
    force(&mut world.manager(), &name, "hurry").await.unwrap();
    let back_again = "update pipeline.opportunity set version = version + 1, stage = 'proposal', stage_position = 3";
    assert_eq!(
        refused(&world, back_again).await.constraint(),
        Some("opportunity_moved_by_a_move")
    );
}

#[tokio::test]
async fn a_deal_does_not_appear_without_its_move() {
    let world = world().await;
    imported(&world, "bid").await;
    let copy = "insert into pipeline.opportunity
        (id, version, created_at, updated_at, display_name, product, competitors, process, process_version, stage,
         stage_position, stage_entered_at, status, completed_key_nodes, forced_key_nodes)
      select gen_random_uuid(), version, created_at, updated_at, display_name, product, competitors, process,
             process_version, 'negotiation', 5, stage_entered_at, status, '{1,2,3,4}', '{}'
      from pipeline.opportunity";
    assert_eq!(
        refused(&world, copy).await.constraint(),
        Some("opportunity_moved_by_a_move")
    );
}

#[tokio::test]
async fn a_version_is_never_skipped() {
    let world = world().await;
    imported(&world, "bid").await;
    for change in ["version = version + 2", "product = 'x'"] {
        let sql = format!("update pipeline.opportunity set {change}");
        assert_eq!(
            refused(&world, &sql).await.constraint(),
            Some("opportunity_version_next"),
            "{change}"
        );
    }
}

#[tokio::test]
async fn a_move_is_kept_for_ever() {
    let world = world().await;
    imported(&world, "bid").await;
    for sql in [
        "update pipeline.stage_move set forced = false",
        "delete from pipeline.stage_move",
        "delete from pipeline.opportunity",
        "alter table pipeline.opportunity disable trigger opportunity_moved_by_a_move",
    ] {
        let error = refused(&world, sql).await;
        assert_eq!(error.code(), "42501", "insufficient privilege: {sql}");
    }
}
