//! Versions of the rules of approvals, in the database.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ApprovalRules;
use prost::Message as _;
use sqlx::PgConnection;

use super::rules;
use crate::error::Error;

/// The rules in force: those put last, or those of the release.
///
/// # Errors
/// `INTERNAL` when what is stored is no such message.
pub async fn in_force(connection: &mut PgConnection) -> Result<ApprovalRules, Error> {
    let stored = sqlx::query_scalar!(
        "select content from pipeline.approval_rules order by version desc limit 1"
    )
    .fetch_optional(connection)
    .await?;
    stored.map_or_else(|| Ok(rules::shipped()), |bytes| decode(&bytes))
}

/// One version.
///
/// # Errors
/// `INTERNAL` when what is stored is no such message.
pub async fn version(
    connection: &mut PgConnection,
    version: i64,
) -> Result<Option<ApprovalRules>, Error> {
    let stored = sqlx::query_scalar!(
        "select content from pipeline.approval_rules where version = $1",
        version
    )
    .fetch_optional(connection)
    .await?;
    stored.map(|bytes| decode(&bytes)).transpose()
}

/// Versions in order.
///
/// # Errors
/// `INTERNAL` when what is stored is no such message.
pub async fn page(
    connection: &mut PgConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<ApprovalRules>, Error> {
    let stored = sqlx::query_scalar!(
        "select content from pipeline.approval_rules where version > $1 order by version limit $2",
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    stored.iter().map(|bytes| decode(bytes)).collect()
}

/// Adds a version.
///
/// # Errors
/// When the database does not answer.
pub async fn add(connection: &mut PgConnection, rules: &ApprovalRules) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.approval_rules (version, content) values ($1, $2)",
        rules.version,
        rules.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<ApprovalRules, Error> {
    Ok(ApprovalRules::decode(bytes).map_err(Fault::internal)?)
}
