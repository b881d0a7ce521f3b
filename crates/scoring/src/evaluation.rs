//! Evaluations as they are stored: one row per judgement, never changed.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::Opportunity;
use keynode_proto::scoring::v1::{Evaluation, EvaluationResult};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::evaluation_model::ModelId;

keynode_kit::resource_id!(
    /// The id of an opportunity, as the pipeline service gave it.
    OpportunityId,
    "opportunities"
);
keynode_kit::resource_id!(
    /// The id of a person.
    PersonId,
    "people"
);
keynode_kit::resource_id!(
    /// The id of a team.
    TeamId,
    "teams"
);

/// Whose an opportunity is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    pub owner: Option<Uuid>,
    pub team: Option<Uuid>,
}

impl Belonging {
    /// Whose this opportunity is.
    pub fn of(opportunity: &Opportunity) -> Self {
        let owner = opportunity.owner.parse::<PersonId>();
        let team = opportunity.team.parse::<TeamId>();
        Self {
            owner: owner.ok().map(|id| id.0),
            team: team.ok().map(|id| id.0),
        }
    }
}

/// A judgement as it stands in the table.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Whose the opportunity is: as of the judgement, then as the log tells.
    pub belonging: Belonging,
    pub evaluation: Evaluation,
}

/// A judgement about to be stored.
#[derive(Debug)]
pub struct NewEvaluation<'a> {
    pub id: Uuid,
    pub opportunity: OpportunityId,
    pub belonging: Belonging,
    pub model: &'a ModelId,
    pub days_to_close: Option<i32>,
    pub created_at: Timestamp,
    pub evaluation: &'a Evaluation,
}

/// The newest judgement of an opportunity.
pub async fn find_latest(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
) -> Result<Option<Stored>, Error> {
    let row = sqlx::query!(
        "select owner_id, team_id, record from scoring.evaluation
         where opportunity_id = $1
         order by created_at desc, id desc
         limit 1",
        opportunity.0,
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let evaluation = Evaluation::decode(row.record.as_slice()).map_err(Fault::internal)?;
    let belonging = Belonging {
        owner: row.owner_id,
        team: row.team_id,
    };
    Ok(Some(Stored {
        belonging,
        evaluation,
    }))
}

/// Stores a judgement.
pub async fn insert(connection: &mut PgConnection, new: NewEvaluation<'_>) -> Result<(), Error> {
    let grade = Some(new.evaluation.grade.as_str()).filter(|grade| !grade.is_empty());
    sqlx::query!(
        "insert into scoring.evaluation
           (tenant_id, id, opportunity_id, owner_id, team_id, model_id, model_version,
            days_to_close, result, grade, created_at, record, belonging_version)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.opportunity.0,
        new.belonging.owner,
        new.belonging.team,
        new.model.as_str(),
        new.evaluation.model_version,
        new.days_to_close,
        result_name(new.evaluation.result()),
        grade,
        new.created_at.to_sqlx() as _,
        new.evaluation.encode_to_vec(),
        new.evaluation.opportunity_etag.parse().unwrap_or(0_i64),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives the judgements of an opportunity to those whose it is since that version of it.
/// Those that belong to somebody since a later one stay.
pub(crate) async fn hand_over(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
    to: Belonging,
    version: i64,
) -> Result<(), Fault> {
    sqlx::query!(
        "update scoring.evaluation set owner_id = $2, team_id = $3, belonging_version = $4
         where opportunity_id = $1 and belonging_version < $4",
        opportunity.0,
        to.owner,
        to.team,
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn result_name(result: EvaluationResult) -> &'static str {
    let name = result.as_str_name();
    name.strip_prefix("EVALUATION_RESULT_").unwrap_or(name)
}
