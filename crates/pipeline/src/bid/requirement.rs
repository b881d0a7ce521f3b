//! The rows of a bid's requirement matrix, in the database.

use keynode_kit::name;
use keynode_proto::pipeline::v1::{BidRequirement, BidRequirementsSummary};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{OpportunityId, PersonId};

/// A row and its place.
#[derive(Clone, Debug)]
pub struct Placed {
    pub position: i32,
    pub requirement: BidRequirement,
}

/// The rows with these numbers, in order.
///
/// # Errors
/// When the database does not answer.
pub async fn by_numbers(
    connection: &mut PgConnection,
    deal: OpportunityId,
    numbers: &[String],
) -> Result<Vec<BidRequirement>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "select number, position, text, mandatory, compliance, response, responsible_id
         from pipeline.bid_requirement
         where opportunity_id = $1 and number = any($2)
         order by position",
        deal.0,
        numbers,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| row.placed().requirement)
        .collect())
}

/// The rows after a place; only the mandatory ones that are not known to be met, if `open_only`.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    deal: OpportunityId,
    (after, open_only): (i32, bool),
    at_most: i64,
) -> Result<Vec<Placed>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "select number, position, text, mandatory, compliance, response, responsible_id
         from pipeline.bid_requirement
         where opportunity_id = $1 and position > $2
           and (not $3 or (mandatory and compliance <> 1))
         order by position
         limit $4",
        deal.0,
        after,
        open_only,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::placed).collect())
}

/// The numbers of the mandatory rows of which it is unknown whether we meet them.
///
/// # Errors
/// When the database does not answer.
pub async fn unclear(
    connection: &mut PgConnection,
    deal: OpportunityId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select number from pipeline.bid_requirement
         where opportunity_id = $1 and mandatory and compliance = 0
         order by position",
        deal.0,
    )
    .fetch_all(connection)
    .await
}

/// The matrix in figures.
///
/// # Errors
/// When the database does not answer.
pub async fn summary(
    connection: &mut PgConnection,
    deal: OpportunityId,
) -> Result<BidRequirementsSummary, sqlx::Error> {
    sqlx::query_as!(
        BidRequirementsSummary,
        r#"select count(*)::int as "total!",
                  (count(*) filter (where mandatory))::int as "mandatory!",
                  (count(*) filter (where mandatory and compliance > 1))::int as "mandatory_gaps!",
                  (count(*) filter (where mandatory and compliance = 0))::int as "mandatory_unknown!",
                  (count(*) filter (where compliance = 0))::int as "unknown!"
           from pipeline.bid_requirement where opportunity_id = $1"#,
        deal.0,
    )
    .fetch_one(connection)
    .await
}

/// Puts rows; one whose number is there takes its place, the others come last, in order.
///
/// # Errors
/// When the database does not answer.
pub async fn put(
    connection: &mut PgConnection,
    deal: OpportunityId,
    rows: &[BidRequirement],
) -> Result<(), sqlx::Error> {
    let text = |of: fn(&BidRequirement) -> &String| rows.iter().map(of).cloned().collect();
    let (numbers, texts): (Vec<String>, Vec<String>) = (text(|it| &it.number), text(|it| &it.text));
    let responses: Vec<String> = text(|it| &it.response);
    let mandatory: Vec<bool> = rows.iter().map(|it| it.mandatory).collect();
    let compliance: Vec<i32> = rows.iter().map(|it| it.compliance).collect();
    let responsible: Vec<Option<Uuid>> = rows
        .iter()
        .map(|it| it.responsible.parse().ok().map(|PersonId(id)| id))
        .collect();
    sqlx::query!(
        "insert into pipeline.bid_requirement
           (opportunity_id, number, position, text, mandatory, compliance, response, responsible_id)
         select $1, r.number, last.position + r.n, r.text, r.mandatory, r.compliance, r.response, r.responsible_id
         from unnest($2::text[], $3::text[], $4::boolean[], $5::int[], $6::text[], $7::uuid[]) with ordinality
                as r (number, text, mandatory, compliance, response, responsible_id, n),
              (select coalesce(max(position), 0) as position from pipeline.bid_requirement
               where opportunity_id = $1) as last
         on conflict (tenant_id, opportunity_id, number) do update
         set text = excluded.text, mandatory = excluded.mandatory, compliance = excluded.compliance,
             response = excluded.response, responsible_id = excluded.responsible_id",
        deal.0,
        &numbers,
        &texts,
        &mandatory,
        &compliance,
        &responses,
        &responsible as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes rows.
///
/// # Errors
/// When the database does not answer.
pub async fn remove(
    connection: &mut PgConnection,
    deal: OpportunityId,
    numbers: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from pipeline.bid_requirement where opportunity_id = $1 and number = any($2)",
        deal.0,
        numbers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    number: String,
    position: i32,
    text: String,
    mandatory: bool,
    compliance: i16,
    response: String,
    responsible_id: Option<Uuid>,
}

impl Row {
    fn placed(self) -> Placed {
        Placed {
            position: self.position,
            requirement: BidRequirement {
                number: self.number,
                text: self.text,
                mandatory: self.mandatory,
                compliance: self.compliance.into(),
                response: self.response,
                responsible: name::optional::<PersonId>(self.responsible_id),
            },
        }
    }
}
