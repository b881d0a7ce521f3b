//! Exchange rates in the database.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Rates;

/// A rate as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: Uuid,
    pub from: String,
    pub to: String,
    pub since: Date,
    pub value: Decimal,
    pub source: String,
    pub recorder: String,
    pub recorded: Timestamp,
}

impl Kept {
    /// The rate for the wire.
    pub fn to_proto(&self) -> proto::ExchangeRate {
        proto::ExchangeRate {
            from_currency: self.from.clone(),
            to_currency: self.to.clone(),
            valid_from_date: Some(wire::date(self.since)),
            rate: self.value.normalize().to_string(),
            source: self.source.clone(),
            recorder: self.recorder.clone(),
            record_time: Some(wire::timestamp(self.recorded)),
        }
    }
}

struct Row {
    id: Uuid,
    from_currency: String,
    to_currency: String,
    valid_from: jiff_sqlx::Date,
    rate: Decimal,
    source: String,
    recorder: String,
    recorded_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn into_kept(self) -> Kept {
        Kept {
            id: self.id,
            from: self.from_currency,
            to: self.to_currency,
            since: self.valid_from.to_jiff(),
            value: self.rate,
            source: self.source,
            recorder: self.recorder,
            recorded: self.recorded_at.to_jiff(),
        }
    }
}

/// What is needed to convert between these currencies on any day of a span.
///
/// # Errors
/// When the database does not answer.
pub async fn load(
    connection: &mut PgConnection,
    currencies: &[String],
    (first, last): (Date, Date),
) -> Result<Rates, sqlx::Error> {
    let mut rates = Rates::default();
    if currencies.iter().all(|it| Some(it) == currencies.first()) {
        return Ok(rates);
    }
    let rows = sqlx::query!(
        r#"select from_currency, to_currency, valid_from, rate
           from pipeline.exchange_rate r
           where from_currency = any($1) and to_currency = any($1) and valid_from <= $3
             and valid_from >= coalesce((
               select max(valid_from) from pipeline.exchange_rate e
               where e.from_currency = r.from_currency and e.to_currency = r.to_currency
                 and e.valid_from <= $2), '-infinity'::date)"#,
        currencies,
        first.to_sqlx() as _,
        last.to_sqlx() as _,
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let since = row.valid_from.to_jiff();
        rates.add(&row.from_currency, &row.to_currency, since, row.rate);
    }
    Ok(rates)
}

/// The rate of a pair that holds since this very day.
///
/// # Errors
/// When the database does not answer.
pub async fn of_day(
    connection: &mut PgConnection,
    from: &str,
    to: &str,
    since: Date,
) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, from_currency, to_currency, valid_from, rate, source, recorder, recorded_at
         from pipeline.exchange_rate where from_currency = $1 and to_currency = $2 and valid_from = $3",
        from,
        to,
        since.to_sqlx() as _,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Row::into_kept))
}

/// Rates in the order of their ids, of these currencies where they are named.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    (from, to): (Option<&str>, Option<&str>),
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, from_currency, to_currency, valid_from, rate, source, recorder, recorded_at
         from pipeline.exchange_rate
         where ($1::text is null or from_currency = $1) and ($2::text is null or to_currency = $2)
           and ($3::uuid is null or id > $3)
         order by id limit $4",
        from,
        to,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::into_kept).collect())
}

/// Stores a rate; one of the same pair and day keeps its id.
///
/// # Errors
/// When the database does not answer.
pub async fn save(connection: &mut PgConnection, rate: &Kept) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.exchange_rate
           (id, from_currency, to_currency, valid_from, rate, source, recorder, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant_id, from_currency, to_currency, valid_from) do update
         set rate = excluded.rate, source = excluded.source, recorder = excluded.recorder,
             recorded_at = excluded.recorded_at",
        rate.id,
        rate.from,
        rate.to,
        rate.since.to_sqlx() as _,
        rate.value,
        rate.source,
        rate.recorder,
        rate.recorded.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts a change of the rates; answers how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn revise(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into pipeline.exchange_rate_revision as r (revision) values (1)
         on conflict (tenant_id) do update set revision = r.revision + 1
         returning revision"
    )
    .fetch_one(connection)
    .await
}
