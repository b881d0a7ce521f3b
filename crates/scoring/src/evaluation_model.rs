//! Evaluation models as they are stored: versions that never change (R10).

pub mod check;
pub mod example;

use std::fmt;
use std::str::FromStr;

use jiff_sqlx::ToSqlx as _;
use keynode_kit::error::Fault;
use keynode_kit::name::NameError;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::EvaluationModel;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::slug;

const COLLECTION: &str = "evaluationModels/";

/// The id of an evaluation model, chosen by who publishes it; displays as its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelId(String);

impl ModelId {
    /// The id without its collection.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name from a request; none when it is bad, which is noted.
    pub fn read(bad: &mut Violations, field: &str, name: &str) -> Option<Self> {
        match name.parse() {
            Ok(id) => Some(id),
            Err(NameError { expected }) => {
                bad.add(field, format!("must be `{expected}`: lower-case letters, digits and hyphens, a letter first, at most {}", slug::MAX));
                None
            }
        }
    }
}

impl FromStr for ModelId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_prefix(COLLECTION)
            .filter(|id| slug::is_slug(id))
            .map(|id| Self(id.to_owned()))
            .ok_or_else(|| NameError {
                expected: format!("{COLLECTION}{{id}}"),
            })
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{COLLECTION}{}", self.0)
    }
}

/// The model in a version, or in its newest.
pub async fn find(
    connection: &mut PgConnection,
    id: &ModelId,
    version: Option<i32>,
) -> Result<Option<EvaluationModel>, Error> {
    let found = sqlx::query_scalar!(
        "select definition from scoring.evaluation_model
         where id = $1 and ($2::int is null or version = $2)
         order by version desc
         limit 1",
        id.as_str(),
        version,
    )
    .fetch_optional(connection)
    .await?;
    found.map(|definition| decode(&definition)).transpose()
}

/// The newest version of the model of which a version was published last.
pub async fn find_published_last(
    connection: &mut PgConnection,
) -> Result<Option<EvaluationModel>, Error> {
    let found = sqlx::query_scalar!(
        "select definition from scoring.evaluation_model
         where id = (select id from scoring.evaluation_model order by published_at desc, key desc limit 1)
         order by version desc
         limit 1"
    )
    .fetch_optional(connection)
    .await?;
    found.map(|definition| decode(&definition)).transpose()
}

/// A page of the models, each in its newest version, by id.
pub async fn list(
    connection: &mut PgConnection,
    page: &Page,
) -> Result<(Vec<EvaluationModel>, String), Error> {
    let rows = sqlx::query!(
        "select m.key, m.definition from scoring.evaluation_model m
         where not exists (
             select from scoring.evaluation_model newer
             where newer.tenant_id = m.tenant_id and newer.id = m.id and newer.version > m.version)
           and ($1::uuid is null
                or m.id > (select id from scoring.evaluation_model where key = $1))
         order by m.id
         limit $2",
        page.after,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    let (rows, token) = page.close(rows, |row| row.key);
    let models: Result<Vec<_>, _> = rows.iter().map(|row| decode(&row.definition)).collect();
    Ok((models?, token))
}

/// Stores a version; `model` carries its number already.
pub async fn insert(
    connection: &mut PgConnection,
    id: &ModelId,
    key: Uuid,
    published_at: jiff::Timestamp,
    model: &EvaluationModel,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into scoring.evaluation_model (tenant_id, id, version, key, published_at, definition)
         values (events.tenant_id(), $1, $2, $3, $4, $5)",
        id.as_str(),
        model.version,
        key,
        published_at.to_sqlx() as _,
        model.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn decode(definition: &[u8]) -> Result<EvaluationModel, Error> {
    EvaluationModel::decode(definition).map_err(|error| Fault::internal(error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parsed_and_displayed() {
        let id: ModelId = "evaluationModels/key-account-2".parse().unwrap();
        assert_eq!(id.as_str(), "key-account-2");
        assert_eq!(id.to_string(), "evaluationModels/key-account-2");
    }

    #[test]
    fn other_names_are_refused() {
        let long = format!("evaluationModels/{}", "a".repeat(64));
        for name in [
            "",
            "example",
            "evaluationModels/",
            "evaluationModels/2x",
            "evaluationModels/A",
            "evaluationModels/a/b",
            "evaluationModels/模型",
            &long,
        ] {
            assert!(name.parse::<ModelId>().is_err(), "{name}");
        }
    }
}
