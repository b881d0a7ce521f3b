//! The deals that entered a process in a span of time, counted.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use sqlx::PgConnection;

use super::row::{Count, Of};

/// How many deals were ever in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub stage: String,
    pub reached: i64,
    pub closed: i64,
    pub won: i64,
    /// They went on in another process.
    pub left: i64,
}

/// The deals that entered the process in a span of time.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub as_of: Timestamp,
}

/// The status of deals that went on in another process.
pub const LEFT: &str = "LEFT";

/// How far the deals of a span came.
///
/// # Errors
/// When the database does not answer.
pub async fn reached(
    connection: &mut PgConnection,
    call: &Call,
    of: &Of<'_>,
    span: Span,
) -> Result<Vec<Reached>, sqlx::Error> {
    let (all, person, teams) = call.visibility_parameters();
    sqlx::query_as!(
        Reached,
        r#"with entered as (
             select s.opportunity_id
             from pipeline.standing s
             join pipeline.opportunity o on o.id = s.opportunity_id
             where s.process = $1 and s.occurred_at <= $2
               and ($5::uuid is null or o.owner_id = $5)
               and ($6::text is null or o.source_system = $6)
               and ($7 or o.owner_id = $8 or o.team_id = any($9))
             group by s.opportunity_id
             having ($3::timestamptz is null or min(s.occurred_at) >= $3)
                and ($4::timestamptz is null or min(s.occurred_at) < $4)
           ), stood as (
             select distinct on (s.opportunity_id) s.opportunity_id,
                    case when s.process = $1 then s.status else 'LEFT' end as status
             from pipeline.standing s
             join entered e on e.opportunity_id = s.opportunity_id
             where s.occurred_at <= $2 and s.says_stage
             order by s.opportunity_id, s.occurred_at desc, length(s.source_event) desc, s.source_event desc,
                      s.id desc
           ), stays as (
             select distinct opportunity_id, stage from pipeline.standing
             where process = $1 and occurred_at <= $2 and says_stage
           )
           select y.stage, count(*) as "reached!",
                  count(*) filter (where t.status not in ('OPEN', 'LEFT')) as "closed!",
                  count(*) filter (where t.status in ('WON', 'COMPLETED')) as "won!",
                  count(*) filter (where t.status = 'LEFT') as "left!"
           from stood t
           join stays y on y.opportunity_id = t.opportunity_id
           group by y.stage"#,
        of.process,
        span.as_of.to_sqlx() as _,
        span.from.map(|at| at.to_sqlx()) as _,
        span.until.map(|at| at.to_sqlx()) as _,
        of.owner,
        of.source_system,
        all,
        person,
        &teams,
    )
    .fetch_all(connection)
    .await
}

/// How the deals of a span stand, by status or [`LEFT`], and currency; the stage is empty.
///
/// # Errors
/// When the database does not answer.
pub async fn statuses(
    connection: &mut PgConnection,
    call: &Call,
    of: &Of<'_>,
    span: Span,
) -> Result<Vec<Count>, sqlx::Error> {
    let (all, person, teams) = call.visibility_parameters();
    sqlx::query_as!(
        Count,
        r#"with entered as (
             select s.opportunity_id
             from pipeline.standing s
             join pipeline.opportunity o on o.id = s.opportunity_id
             where s.process = $1 and s.occurred_at <= $2
               and ($5::uuid is null or o.owner_id = $5)
               and ($6::text is null or o.source_system = $6)
               and ($7 or o.owner_id = $8 or o.team_id = any($9))
             group by s.opportunity_id
             having ($3::timestamptz is null or min(s.occurred_at) >= $3)
                and ($4::timestamptz is null or min(s.occurred_at) < $4)
           ), stood as (
             select distinct on (s.opportunity_id) s.opportunity_id,
                    case when s.process = $1 then s.status else 'LEFT' end as status
             from pipeline.standing s
             join entered e on e.opportunity_id = s.opportunity_id
             where s.occurred_at <= $2 and s.says_stage
             order by s.opportunity_id, s.occurred_at desc, length(s.source_event) desc, s.source_event desc,
                      s.id desc
           ), worth as (
             select distinct on (s.opportunity_id) s.opportunity_id, s.currency, s.amount
             from pipeline.standing s
             join entered e on e.opportunity_id = s.opportunity_id
             where s.occurred_at <= $2 and s.says_amount
             order by s.opportunity_id, s.occurred_at desc, length(s.source_event) desc, s.source_event desc,
                      s.id desc
           )
           select '' as "stage!", t.status as "status!", w.currency as "currency?", count(*) as "count!",
                  sum(w.amount) as "sum?"
           from stood t
           left join worth w on w.opportunity_id = t.opportunity_id
           group by t.status, w.currency"#,
        of.process,
        span.as_of.to_sqlx() as _,
        span.from.map(|at| at.to_sqlx()) as _,
        span.until.map(|at| at.to_sqlx()) as _,
        of.owner,
        of.source_system,
        all,
        person,
        &teams,
    )
    .fetch_all(connection)
    .await
}
