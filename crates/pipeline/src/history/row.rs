//! How deals stood, in the database.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Moment;
use crate::ids::OpportunityId;

/// How a deal stood from a moment on.
#[derive(Clone, Debug, PartialEq)]
pub struct Stood {
    pub occurred: Timestamp,
    pub stage: String,
    pub status: String,
    pub owner: Option<Uuid>,
}

/// How a deal stood at a moment; none when it was not there.
///
/// # Errors
/// When the database does not answer.
pub async fn stood(
    connection: &mut PgConnection,
    deal: OpportunityId,
    moment: Moment,
) -> Result<Option<Stood>, sqlx::Error> {
    let row = sqlx::query!(
        "select s.occurred_at, s.stage, s.status,
                (select h.owner_id from pipeline.standing h
                 where h.opportunity_id = $1 and h.occurred_at <= $2 and h.recorded_at <= $3
                 order by h.occurred_at desc, length(h.source_event) desc, h.source_event desc, h.id desc
                 limit 1) as owner_id
         from pipeline.standing s
         where s.opportunity_id = $1 and s.occurred_at <= $2 and s.recorded_at <= $3 and s.says_stage
         order by s.occurred_at desc, length(s.source_event) desc, s.source_event desc, s.id desc
         limit 1",
        deal.0,
        moment.as_of.to_sqlx() as _,
        moment.known.to_sqlx() as _,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Stood {
        occurred: row.occurred_at.to_jiff(),
        stage: row.stage,
        status: row.status,
        owner: row.owner_id,
    }))
}

/// What it was worth then, as far as that was said.
///
/// # Errors
/// When the database does not answer.
pub async fn worth(
    connection: &mut PgConnection,
    deal: OpportunityId,
    moment: Moment,
) -> Result<Option<(String, Decimal)>, sqlx::Error> {
    let row = sqlx::query!(
        "select currency, amount from pipeline.standing
         where opportunity_id = $1 and occurred_at <= $2 and recorded_at <= $3 and says_amount
         order by occurred_at desc, length(source_event) desc, source_event desc, id desc
         limit 1",
        deal.0,
        moment.as_of.to_sqlx() as _,
        moment.known.to_sqlx() as _,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.and_then(|row| row.currency.zip(row.amount)))
}

/// Every standing of a deal, in the order in which they happened: stage, status and since when.
///
/// # Errors
/// When the database does not answer.
pub async fn all(
    connection: &mut PgConnection,
    deal: OpportunityId,
) -> Result<Vec<Stood>, sqlx::Error> {
    let rows = sqlx::query!(
        "select occurred_at, stage, status, owner_id from pipeline.standing
         where opportunity_id = $1 and says_stage
         order by occurred_at, length(source_event), source_event, id",
        deal.0,
    )
    .fetch_all(connection)
    .await?;
    let stood = rows.into_iter().map(|row| Stood {
        occurred: row.occurred_at.to_jiff(),
        stage: row.stage,
        status: row.status,
        owner: row.owner_id,
    });
    Ok(stood.collect())
}

/// Which deals are counted.
#[derive(Clone, Debug, Default)]
pub struct Of<'f> {
    /// Without its collection.
    pub process: &'f str,
    pub owner: Option<Uuid>,
    pub source_system: Option<&'f str>,
}

/// So many deals, and what they are worth in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub stage: String,
    pub status: String,
    /// None of those whose amount is unknown.
    pub currency: Option<String>,
    pub count: i64,
    pub sum: Option<Decimal>,
}

/// How deals stood at a moment, by stage, status and currency.
///
/// # Errors
/// When the database does not answer.
pub async fn board(
    connection: &mut PgConnection,
    call: &Call,
    of: &Of<'_>,
    moment: Moment,
) -> Result<Vec<Count>, sqlx::Error> {
    let (all, person, teams) = call.visibility_parameters();
    sqlx::query_as!(
        Count,
        r#"with stood as (
             select distinct on (opportunity_id) opportunity_id, process, stage, status
             from pipeline.standing
             where occurred_at <= $1 and recorded_at <= $2 and says_stage
             order by opportunity_id, occurred_at desc, length(source_event) desc, source_event desc, id desc
           ), worth as (
             select distinct on (opportunity_id) opportunity_id, currency, amount
             from pipeline.standing
             where occurred_at <= $1 and recorded_at <= $2 and says_amount
             order by opportunity_id, occurred_at desc, length(source_event) desc, source_event desc, id desc
           ), held as (
             select distinct on (opportunity_id) opportunity_id, owner_id
             from pipeline.standing
             where $4::uuid is not null and occurred_at <= $1 and recorded_at <= $2
             order by opportunity_id, occurred_at desc, length(source_event) desc, source_event desc, id desc
           )
           select s.stage, s.status, w.currency as "currency?", count(*) as "count!", sum(w.amount) as "sum?"
           from stood s
           join pipeline.opportunity o on o.id = s.opportunity_id
           left join worth w on w.opportunity_id = s.opportunity_id
           left join held h on h.opportunity_id = s.opportunity_id
           where s.process = $3 and ($4::uuid is null or h.owner_id = $4)
             and ($5::text is null or o.source_system = $5)
             and ($6 or o.owner_id = $7 or o.team_id = any($8))
           group by s.stage, s.status, w.currency"#,
        moment.as_of.to_sqlx() as _,
        moment.known.to_sqlx() as _,
        of.process,
        of.owner,
        of.source_system,
        all,
        person,
        &teams,
    )
    .fetch_all(connection)
    .await
}
