//! Influences: one stakeholder's on another, as far as the decision goes (R23).

use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{ContactId, MapId};

/// A row of `accounts.influence`.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    pub from_id: Uuid,
    pub to_id: Uuid,
    pub added_in: i64,
    /// Per cent, 1 to 100.
    pub strength: i32,
    pub formal: bool,
    pub evidence: String,
}

impl Influence {
    pub fn from(&self) -> ContactId {
        ContactId(self.from_id)
    }

    pub fn to(&self) -> ContactId {
        ContactId(self.to_id)
    }

    pub fn to_proto(&self) -> proto::Influence {
        proto::Influence {
            from: self.from().to_string(),
            to: self.to().to_string(),
            strength: self.strength,
            formal: self.formal,
            evidence: self.evidence.clone(),
        }
    }

    pub fn is_between(&self, from: ContactId, to: ContactId) -> bool {
        self.from() == from && self.to() == to
    }
}

pub async fn find_all(connection: &mut PgConnection, map: MapId) -> Result<Vec<Influence>, Error> {
    let rows = sqlx::query_as!(
        Influence,
        "select from_id, to_id, added_in, strength, formal, evidence
         from accounts.influence where opportunity_id = $1 order by added_in",
        map.0,
    );
    Ok(rows.fetch_all(connection).await?)
}
