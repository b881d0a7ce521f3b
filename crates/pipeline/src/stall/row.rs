//! Timers as they lie in the database.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::{Call, TenantId};
use keynode_kit::page::Page;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::OpportunityId;

/// Since when nothing happens to a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    pub deal: Uuid,
    pub idle_since: Timestamp,
    /// How often it was told that it is stalled.
    pub told: i64,
}

/// Something happened at a moment: what was idle before is not. Looked at as soon as may be.
///
/// # Errors
/// When the database does not answer.
pub async fn touch(
    connection: &mut PgConnection,
    deal: OpportunityId,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.stall_timer as t (opportunity_id, idle_since, due_at)
         select id, $2, $2 from pipeline.opportunity where id = $1 and status = 'OPEN'
         on conflict (tenant_id, opportunity_id) do update
         set idle_since = greatest(t.idle_since, excluded.idle_since),
             due_at = greatest(t.idle_since, excluded.idle_since), told_at = null
         where excluded.idle_since > t.idle_since or t.told_at is null",
        deal.0,
        at.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A deal that ended is idle no more.
///
/// # Errors
/// When the database does not answer.
pub async fn stop(connection: &mut PgConnection, deal: OpportunityId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from pipeline.stall_timer t
         where opportunity_id = $1
           and not exists (select from pipeline.opportunity o where o.id = t.opportunity_id and o.status = 'OPEN')",
        deal.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Every timer of the tenant is looked at anew.
///
/// # Errors
/// When the database does not answer.
pub async fn recheck(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("update pipeline.stall_timer set due_at = idle_since where told_at is null")
        .execute(connection)
        .await?;
    Ok(())
}

/// Timers of any tenant that are due.
///
/// # Errors
/// When the database does not answer.
pub async fn due(
    connection: &mut PgConnection,
    now: Timestamp,
    at_most: i32,
) -> Result<Vec<(TenantId, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id!", opportunity_id as "opportunity_id!" from pipeline.due_stalls($1, $2)"#,
        now.to_sqlx() as _,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    let named = rows
        .into_iter()
        .map(|row| (TenantId(row.tenant_id), row.opportunity_id));
    Ok(named.collect())
}

/// Takes those of these timers that are due and that nobody else looks at.
///
/// # Errors
/// When the database does not answer.
pub async fn take(
    connection: &mut PgConnection,
    deals: &[Uuid],
    now: Timestamp,
) -> Result<Vec<Timer>, sqlx::Error> {
    let rows = sqlx::query!(
        "select opportunity_id, idle_since, told from pipeline.stall_timer
         where opportunity_id = any($1) and due_at <= $2
         order by opportunity_id for update skip locked",
        deals,
        now.to_sqlx() as _,
    )
    .fetch_all(connection)
    .await?;
    let timers = rows.into_iter().map(|row| Timer {
        deal: row.opportunity_id,
        idle_since: row.idle_since.to_jiff(),
        told: row.told,
    });
    Ok(timers.collect())
}

/// What becomes of a timer that was looked at.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Outcome {
    pub id: Uuid,
    pub due_at: Option<Timestamp>,
    pub told_at: Option<Timestamp>,
    pub told: i64,
}

/// Writes what became of timers.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update pipeline.stall_timer t set due_at = r.due_at, told_at = r.told_at, told = r.told
         from jsonb_to_recordset($1) as r (id uuid, due_at timestamptz, told_at timestamptz, told bigint)
         where t.opportunity_id = r.id",
        sqlx::types::Json(outcomes) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Since when nothing happens to a deal; none when it has no timer yet.
///
/// # Errors
/// When the database does not answer.
pub async fn idle_since(
    connection: &mut PgConnection,
    deal: OpportunityId,
) -> Result<Option<Timestamp>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "select idle_since from pipeline.stall_timer where opportunity_id = $1",
        deal.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Since when nothing happens to each of these deals, as far as they have timers.
///
/// # Errors
/// When the database does not answer.
pub async fn idle_since_of_each(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<HashMap<Uuid, Timestamp>, sqlx::Error> {
    let rows = sqlx::query!(
        "select opportunity_id, idle_since from pipeline.stall_timer where opportunity_id = any($1)",
        deals,
    )
    .fetch_all(connection)
    .await?;
    let since = rows.into_iter();
    Ok(since
        .map(|row| (row.opportunity_id, row.idle_since.to_jiff()))
        .collect())
}

/// A page of the deals that were told to be stalled and that the caller sees.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    owner: Option<Uuid>,
) -> Result<Vec<(Uuid, Timestamp)>, sqlx::Error> {
    let (all, person, teams) = call.visibility_parameters();
    let rows = sqlx::query!(
        "select t.opportunity_id, t.idle_since
         from pipeline.stall_timer t
         join pipeline.opportunity o on (o.tenant_id, o.id) = (t.tenant_id, t.opportunity_id)
         where t.told_at is not null and o.paused_at is null and o.status = 'OPEN'
           and ($1::uuid is null or t.opportunity_id > $1)
           and ($2 or o.owner_id = $3 or o.team_id = any($4))
           and ($5::uuid is null or o.owner_id = $5)
         order by t.opportunity_id
         limit $6",
        page.after,
        all,
        person,
        &teams,
        owner,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    let found = rows
        .into_iter()
        .map(|row| (row.opportunity_id, row.idle_since.to_jiff()));
    Ok(found.collect())
}
