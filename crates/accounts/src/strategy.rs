//! What we make of a segment (R16, R18): one strategy each, from the start.

pub mod analysis;
pub mod analyze;
pub mod document;
pub mod model;
pub mod read;
pub mod update;

use std::fmt;
use std::str::FromStr;

use keynode_kit::error::Fault;
use keynode_kit::name::NameError;
use keynode_kit::wire;
use keynode_proto::accounts::v1::SegmentStrategy;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::SegmentId;
use crate::mask::maskable;

maskable!(SegmentStrategy: environment, opportunities, obstacles, strengths, weaknesses, selling_cost,
    sales_prediction, ratings, importance, allocated, needed, entry_mode, market_position, is_new,
    overall_strategy, mix);

/// The strategy of a segment: each has one, so it needs no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyId(pub Uuid);

const SUFFIX: &str = "/strategy";

impl fmt::Display for StrategyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SUFFIX}", SegmentId(self.0))
    }
}

impl FromStr for StrategyId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_suffix(SUFFIX)
            .and_then(|segment| segment.parse::<SegmentId>().ok())
            .map(|segment| Self(segment.0))
            .ok_or_else(|| NameError {
                expected: format!("segments/{{id}}{SUFFIX}"),
            })
    }
}

impl From<Uuid> for StrategyId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// A row of `accounts.segment_strategy`, or what is known without one: nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Strategy {
    pub segment_id: Uuid,
    /// 0 while nothing was said.
    pub version: i64,
    pub updated_at: Option<jiff_sqlx::Timestamp>,
    /// What was said, without name, etag and times.
    pub document: SegmentStrategy,
}

impl Strategy {
    fn empty(segment_id: Uuid) -> Self {
        Self {
            segment_id,
            version: 0,
            updated_at: None,
            document: SegmentStrategy::default(),
        }
    }

    pub fn name(&self) -> StrategyId {
        StrategyId(self.segment_id)
    }

    pub fn to_proto(&self) -> SegmentStrategy {
        SegmentStrategy {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            update_time: self.updated_at.map(|at| wire::timestamp(at.to_jiff())),
            ..self.document.clone()
        }
    }
}

/// The strategies of these segments, in their order.
pub async fn find_all(
    connection: &mut PgConnection,
    segments: &[Uuid],
) -> Result<Vec<Strategy>, Error> {
    let rows = sqlx::query!(
        "select segment_id, version, updated_at, document from accounts.segment_strategy
         where segment_id = any($1)",
        segments,
    )
    .fetch_all(connection)
    .await?;
    let mut strategies: Vec<Strategy> = segments.iter().copied().map(Strategy::empty).collect();
    for row in rows {
        let known = strategies
            .iter_mut()
            .find(|it| it.segment_id == row.segment_id);
        if let Some(strategy) = known {
            strategy.version = row.version;
            strategy.updated_at = Some(row.updated_at);
            strategy.document =
                SegmentStrategy::decode(row.document.as_slice()).map_err(Fault::internal)?;
        }
    }
    Ok(strategies)
}

/// The strategy of one segment.
pub async fn find(connection: &mut PgConnection, segment: Uuid) -> Result<Strategy, Error> {
    let found = find_all(connection, &[segment]).await?.pop();
    Ok(found.unwrap_or_else(|| Strategy::empty(segment)))
}

/// Stores a strategy of a new version.
async fn store(connection: &mut PgConnection, strategy: &Strategy) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.segment_strategy (tenant_id, segment_id, version, updated_at, document)
         values (events.tenant_id(), $1, $2, $3, $4)
         on conflict (tenant_id, segment_id) do update
         set version = excluded.version, updated_at = excluded.updated_at, document = excluded.document",
        strategy.segment_id,
        strategy.version,
        strategy.updated_at as _,
        strategy.document.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_named_after_its_segment() {
        let name = "segments/0190b5a0-0000-7000-8000-000000000001/strategy";
        assert_eq!(name.parse::<StrategyId>().unwrap().to_string(), name);
        assert!(
            "segments/0190b5a0-0000-7000-8000-000000000001"
                .parse::<StrategyId>()
                .is_err()
        );
        assert!("segments/1/strategy".parse::<StrategyId>().is_err());
    }
}
