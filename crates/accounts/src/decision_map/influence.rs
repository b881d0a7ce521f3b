//! Influences: one stakeholder's on another or on a criterion, as far as the decision goes
//! (R23).

use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::ContactId;

/// A map has so many at most.
pub const AT_MOST: usize = 5000;

/// Whom or what somebody influences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Person(ContactId),
    /// By its id.
    Criterion(String),
}

/// A row of `accounts.influence` or `accounts.criterion_influence`.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    pub from: ContactId,
    pub target: Target,
    pub added_in: i64,
    /// Per cent, 1 to 100.
    pub strength: i32,
    pub formal: bool,
    pub evidence: String,
    pub evidence_date: Option<jiff_sqlx::Date>,
}

impl Influence {
    pub fn to_proto(&self) -> proto::Influence {
        let (to, criterion) = match &self.target {
            Target::Person(to) => (to.to_string(), String::new()),
            Target::Criterion(id) => (String::new(), id.clone()),
        };
        proto::Influence {
            from: self.from.to_string(),
            to,
            strength: self.strength,
            formal: self.formal,
            evidence: self.evidence.clone(),
            criterion,
            evidence_date: self.evidence_date.map(|day| wire::date(day.to_jiff())),
        }
    }

    pub fn is_between(&self, from: ContactId, target: &Target) -> bool {
        self.from == from && self.target == *target
    }

    pub fn is_of(&self, contact: ContactId) -> bool {
        self.from == contact || self.target == Target::Person(contact)
    }
}

/// The influences of these maps, each with its map.
pub async fn find_all(
    connection: &mut PgConnection,
    maps: &[Uuid],
) -> Result<Vec<(Uuid, Influence)>, Error> {
    let rows = sqlx::query!(
        r#"select opportunity_id as "map!", from_id as "from!", to_id, null as criterion, added_in as "added_in!",
                  strength as "strength!", formal as "formal!", evidence as "evidence!", evidence_date
           from accounts.influence where opportunity_id = any($1)
           union all
           select opportunity_id, from_id, null, criterion_id, added_in, strength, formal, evidence, evidence_date
           from accounts.criterion_influence where opportunity_id = any($1)
           order by 1, 5"#,
        maps,
    )
    .fetch_all(connection)
    .await?;
    let influence = rows.into_iter().map(|row| {
        let target = match (row.to_id, row.criterion) {
            (Some(to), _) => Target::Person(ContactId(to)),
            (None, criterion) => Target::Criterion(criterion.unwrap_or_default()),
        };
        let influence = Influence {
            from: ContactId(row.from),
            target,
            added_in: row.added_in,
            strength: row.strength,
            formal: row.formal,
            evidence: row.evidence,
            evidence_date: row.evidence_date,
        };
        (row.map, influence)
    });
    Ok(influence.collect())
}
