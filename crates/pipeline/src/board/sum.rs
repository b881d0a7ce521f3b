//! What deals count for, added up by stage and currency.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;

/// Which deals count; what is none or empty is not asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub owner: Option<Uuid>,
    pub teams: Vec<Uuid>,
    pub grade: Option<String>,
    pub close_from: Option<Date>,
    pub close_until: Option<Date>,
    pub statuses: Vec<&'static str>,
}

/// The deals of one stage whose amounts are in one currency.
#[derive(Clone, Debug)]
pub struct Sum {
    pub stage: String,
    /// Empty of deals without amount.
    pub currency: String,
    pub deals: i64,
    pub amount: Decimal,
    pub lagging: i64,
    pub forced: i64,
    pub paused: i64,
}

/// Adds up the deals of a process that the caller sees, by stage and currency in order.
///
/// # Errors
/// When the database does not answer.
pub async fn sums(
    connection: &mut PgConnection,
    call: &Call,
    process: &str,
    asked: &Asked,
) -> Result<Vec<Sum>, Error> {
    // One plan for all values would count everything.
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(&mut *connection)
        .await?;
    match (asked.close_from, asked.close_until) {
        (None, None) => of_cells(connection, call, process, asked).await,
        _ => of_deals(connection, call, process, asked).await,
    }
}

async fn of_cells(
    connection: &mut PgConnection,
    call: &Call,
    process: &str,
    asked: &Asked,
) -> Result<Vec<Sum>, Error> {
    let (all, person, teams) = call.visibility_parameters();
    let statuses: Vec<String> = asked.statuses.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        Sum,
        r#"select c.stage as "stage!", c.currency as "currency!", sum(c.deals)::bigint as "deals!",
                  sum(c.amount) as "amount!", sum(c.lagging)::bigint as "lagging!",
                  sum(c.forced)::bigint as "forced!", sum(c.paused)::bigint as "paused!"
           from (
             select process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced,
                    paused
             from pipeline.board_cell
             union all
             select process, status, stage, owner_id, team_id, currency, grade, deals, amount, lagging, forced,
                    paused
             from pipeline.board_delta
           ) c
           where c.process = $1 and c.status = any($2)
             and ($3 or c.owner_id = $4 or c.team_id = any($5))
             and ($6::uuid is null or c.owner_id = $6)
             and (cardinality($7::uuid[]) = 0 or c.team_id = any($7))
             and ($8::text is null or c.grade = $8)
           group by c.stage, c.currency
           having sum(c.deals) <> 0
           order by c.stage, c.currency"#,
        process,
        &statuses,
        all,
        person,
        &teams,
        asked.owner,
        &asked.teams,
        asked.grade.as_deref(),
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn of_deals(
    connection: &mut PgConnection,
    call: &Call,
    process: &str,
    asked: &Asked,
) -> Result<Vec<Sum>, Error> {
    let (all, person, teams) = call.visibility_parameters();
    let statuses: Vec<String> = asked.statuses.iter().map(ToString::to_string).collect();
    let rows = sqlx::query_as!(
        Sum,
        r#"select stage as "stage!", coalesce(currency, '') as "currency!", count(*) as "deals!",
                  coalesce(sum(amount), 0) as "amount!", count(*) filter (where lag > 0) as "lagging!",
                  count(*) filter (where is_forced) as "forced!", count(*) filter (where is_paused) as "paused!"
           from pipeline.opportunity
           where close_rank >= coalesce($9::date, '-infinity') and close_rank <= coalesce($10::date, '9999-12-31')
             and process = $1 and status = any($2)
             and ($3 or owner_id = $4 or team_id = any($5))
             and ($6::uuid is null or owner_id = $6)
             and (cardinality($7::uuid[]) = 0 or team_id = any($7))
             and ($8::text is null or grade = $8)
           group by 1, 2
           order by 1, 2"#,
        process,
        &statuses,
        all,
        person,
        &teams,
        asked.owner,
        &asked.teams,
        asked.grade.as_deref(),
        asked.close_from.map(|day| day.to_sqlx()) as _,
        asked.close_until.map(|day| day.to_sqlx()) as _,
    );
    Ok(rows.fetch_all(connection).await?)
}
