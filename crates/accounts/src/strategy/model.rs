//! Attractiveness models: versions that never change, the newest is in force (R18).

pub mod check;
pub mod publish;
pub mod read;

use std::fmt;
use std::str::FromStr;

use keynode_kit::error::Fault;
use keynode_kit::name::NameError;
use keynode_proto::accounts::v1::{AttractivenessFactor, AttractivenessModel};
use keynode_proto::common::v1::LocalizedText;
use prost::Message as _;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::error::Error;

const COLLECTION: &str = "attractivenessModels/";
const SHIPPED: &str = include_str!("../../data/attractiveness.toml");

/// A version of the tenant's model; 0 is the one that Keynode brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelId(pub i32);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{COLLECTION}{}", self.0)
    }
}

impl FromStr for ModelId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_prefix(COLLECTION)
            .and_then(|version| version.parse().ok())
            .map(Self)
            .filter(|id| id.0 >= 0 && id.to_string() == name)
            .ok_or_else(|| NameError {
                expected: format!("{COLLECTION}{{version}}, version a number"),
            })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    important_from: i32,
    min_known_weight: i32,
    expensive_from_percent: i32,
    share_tolerance: i32,
    factors: Vec<FactorEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorEntry {
    id: String,
    zh_cn: String,
    en: String,
    weight: i32,
}

/// The model that Keynode brings: in force until a tenant publishes its own.
pub fn shipped() -> AttractivenessModel {
    let file: ModelFile = toml::from_str(SHIPPED).expect("the shipped model is read by a test");
    let factor = |entry: FactorEntry| AttractivenessFactor {
        id: entry.id,
        display_name: Some(LocalizedText {
            zh_cn: entry.zh_cn,
            en: entry.en,
        }),
        weight: entry.weight,
    };
    AttractivenessModel {
        name: ModelId(0).to_string(),
        version: 0,
        publish_time: None,
        factors: file.factors.into_iter().map(factor).collect(),
        important_from: file.important_from,
        min_known_weight: file.min_known_weight,
        expensive_from_percent: file.expensive_from_percent,
        share_tolerance: file.share_tolerance,
    }
}

/// The newest version of the tenant, else the shipped one.
pub async fn in_force(connection: &mut PgConnection) -> Result<AttractivenessModel, Error> {
    let newest = sqlx::query_scalar!(
        "select definition from accounts.attractiveness_model order by version desc limit 1"
    )
    .fetch_optional(connection)
    .await?;
    newest.map_or_else(|| Ok(shipped()), |definition| decode(&definition))
}

/// One version, if there is one.
async fn find(
    connection: &mut PgConnection,
    id: ModelId,
) -> Result<Option<AttractivenessModel>, Error> {
    if id.0 == 0 {
        return Ok(Some(shipped()));
    }
    let found = sqlx::query_scalar!(
        "select definition from accounts.attractiveness_model where version = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    found.map(|definition| decode(&definition)).transpose()
}

fn decode(definition: &[u8]) -> Result<AttractivenessModel, Error> {
    AttractivenessModel::decode(definition).map_err(|error| Fault::internal(error).into())
}

#[cfg(test)]
mod tests {
    use keynode_kit::validate::Violations;

    use super::*;

    #[test]
    fn the_shipped_model_could_be_published() {
        let mut bad = Violations::default();
        check::check(&shipped(), &mut bad);
        assert!(bad.finish().is_ok());
    }

    #[test]
    fn a_version_has_one_name() {
        for version in [0, 7] {
            let name = format!("attractivenessModels/{version}");
            assert_eq!(name.parse(), Ok(ModelId(version)));
        }
        for name in [
            "",
            "7",
            "attractivenessModels/",
            "attractivenessModels/-1",
            "attractivenessModels/07",
        ] {
            assert!(name.parse::<ModelId>().is_err(), "{name}");
        }
    }
}
