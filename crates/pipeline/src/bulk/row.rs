//! What bulk methods ask of the database.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use keynode_kit::call::Call;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::export::Wanted;
use super::told::Place;
use crate::terms::Amount;

/// The next deals to be sent, in the order in which they were made.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn export(
    connection: &mut PgConnection,
    call: &Call,
    wanted: &Wanted,
    at_most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let (all, person, teams) = call.visibility_parameters();
    sqlx::query_scalar!(
        "select id from pipeline.opportunity
         where ($1::uuid is null or id > $1)
           and ($2 or owner_id = $3 or team_id = any($4))
           and ($5::text is null or status = $5)
           and ($6::text is null or source_system = $6)
         order by id
         limit $7",
        wanted.after,
        all,
        person,
        &teams,
        wanted.status,
        wanted.source_system.as_deref(),
        at_most,
    )
    .fetch_all(connection)
    .await
}

/// Which of these events were recorded before, each with its deal.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn recorded(
    connection: &mut PgConnection,
    systems: &[String],
    events: &[String],
) -> Result<BTreeMap<(String, String), Uuid>, sqlx::Error> {
    let rows = sqlx::query!(
        "select source_system, source_event, opportunity_id from pipeline.imported_event
         where (source_system, source_event) in (select * from unnest($1::text[], $2::text[]))",
        systems,
        events,
    )
    .fetch_all(connection)
    .await?;
    let found = rows
        .into_iter()
        .map(|row| ((row.source_system, row.source_event), row.opportunity_id));
    Ok(found.collect())
}

/// Since when deals were moved here, where they were.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn worked_here(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<BTreeMap<Uuid, Timestamp>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select opportunity_id, min(moved_at) as "since!: jiff_sqlx::Timestamp" from pipeline.stage_move
           where opportunity_id = any($1) and not imported
           group by opportunity_id"#,
        deals,
    )
    .fetch_all(connection)
    .await?;
    let since = rows
        .into_iter()
        .map(|row| (row.opportunity_id, row.since.to_jiff()));
    Ok(since.collect())
}

/// Until when deals are known, i.e. the last event that was told of each.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn known_until(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<BTreeMap<Uuid, Place>, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct on (opportunity_id) opportunity_id, moved_at, source_event from pipeline.stage_move
         where opportunity_id = any($1) and kind = 9
         order by opportunity_id, moved_at desc, length(source_event) desc, source_event desc",
        deals,
    )
    .fetch_all(connection)
    .await?;
    let until = rows.into_iter().map(|row| {
        let place = Place::of(row.moved_at.to_jiff(), &row.source_event);
        (row.opportunity_id, place)
    });
    Ok(until.collect())
}

/// What deals are worth by what was said last of each; those of which nothing was said are missing.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn said_last(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<BTreeMap<Uuid, Option<Amount>>, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct on (opportunity_id) opportunity_id, currency, amount from pipeline.standing
         where opportunity_id = any($1) and says_amount
         order by opportunity_id, occurred_at desc, length(source_event) desc, source_event desc, id desc",
        deals,
    )
    .fetch_all(connection)
    .await?;
    let said = rows.into_iter().map(|row| {
        let amount = row.currency.zip(row.amount);
        let amount = amount.map(|(currency, value)| Amount {
            currency,
            value: value.normalize(),
        });
        (row.opportunity_id, amount)
    });
    Ok(said.collect())
}

/// How a deal stood in the past, as another system tells.
#[derive(Debug, Serialize)]
pub(super) struct Past<'e> {
    pub opportunity_id: Uuid,
    pub occurred_at: Timestamp,
    pub source_event: &'e str,
    pub process: &'e str,
    pub stage: &'e str,
    pub stage_position: i32,
    pub status: &'static str,
    pub owner_id: Option<Uuid>,
    pub says_amount: bool,
    /// As text: a JSON number could pass through a float.
    pub amount: Option<String>,
    pub currency: Option<&'e str>,
}

/// Records how deals stood in the past.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn insert_past(
    connection: &mut PgConnection,
    past: &[Past<'_>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.standing
           (opportunity_id, occurred_at, source_event, process, stage, stage_position, status, owner_id,
            says_amount, amount, currency)
         select r.opportunity_id, r.occurred_at, r.source_event, r.process, r.stage, r.stage_position, r.status, r.owner_id,
                r.says_amount, r.amount, r.currency
         from jsonb_to_recordset($1) as r (
           opportunity_id uuid, occurred_at timestamptz, source_event text, process text, stage text, stage_position int,
           status text, owner_id uuid, says_amount boolean, amount numeric, currency text)",
        Json(past) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that events were recorded.
///
/// # Errors
/// When the database does not answer, or when one is there already.
pub(super) async fn note(
    connection: &mut PgConnection,
    events: &BTreeSet<(String, String, Uuid)>,
) -> Result<(), sqlx::Error> {
    let systems: Vec<String> = events.iter().map(|(system, ..)| system.clone()).collect();
    let ids: Vec<String> = events.iter().map(|(_, id, _)| id.clone()).collect();
    let deals: Vec<Uuid> = events.iter().map(|(.., deal)| *deal).collect();
    sqlx::query!(
        "insert into pipeline.imported_event (source_system, source_event, opportunity_id)
         select * from unnest($1::text[], $2::text[], $3::uuid[])",
        &systems,
        &ids,
        &deals,
    )
    .execute(connection)
    .await?;
    Ok(())
}
