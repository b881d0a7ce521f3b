//! The calendar as it is kept.

use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::WorkCalendar;
use prost::Message as _;
use sqlx::PgConnection;

use super::{Calendar, unless_put};
use crate::error::Error;

/// The calendar that the tenant put, with its etag.
///
/// # Errors
/// When the database does not answer.
pub async fn fetch(connection: &mut PgConnection) -> Result<Option<(WorkCalendar, i64)>, Error> {
    let row = sqlx::query!("select content, revision from pipeline.work_calendar")
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let message = WorkCalendar::decode(row.content.as_slice()).map_err(Fault::internal)?;
    let etag = row.revision.to_string();
    Ok(Some((WorkCalendar { etag, ..message }, row.revision)))
}

/// The calendar in force.
///
/// # Errors
/// When the database does not answer.
pub async fn in_force(connection: &mut PgConnection) -> Result<Calendar, Error> {
    let message = fetch(connection)
        .await?
        .map_or_else(unless_put, |(message, _)| message);
    let mut bad = Violations::default();
    let calendar = Calendar::read(&mut bad, &message);
    match bad.finish() {
        Ok(()) => Ok(calendar),
        Err(fault) => Err(Fault::internal(format!("the calendar that is kept: {fault}")).into()),
    }
}

/// Keeps a calendar.
///
/// # Errors
/// When the database does not answer.
pub async fn store(
    connection: &mut PgConnection,
    message: &WorkCalendar,
    revision: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.work_calendar (content, revision) values ($1, $2)
         on conflict (tenant_id) do update set content = excluded.content, revision = excluded.revision",
        message.encode_to_vec(),
        revision,
    )
    .execute(connection)
    .await?;
    Ok(())
}
