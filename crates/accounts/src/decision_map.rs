//! Decision maps: who decides on an opportunity, and who influences them (R20-R23).

pub mod analyze;
mod aspect;
pub mod carry;
pub mod complete;
pub mod create;
mod criterion;
mod gap;
mod influence;
mod insider;
mod judgement;
mod judgement_change;
pub mod list;
pub mod list_changes;
mod load;
mod mask;
pub mod read;
pub mod refusal;
pub mod remove_criterion;
pub mod remove_influence;
pub mod remove_stakeholder;
pub mod set_competitors;
pub mod set_criterion;
pub mod set_influence;
pub mod set_stakeholder;
mod stakeholder;
mod store;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use uuid::Uuid;

use self::criterion::Criterion;
use self::influence::Influence;
use self::stakeholder::Stakeholder;
use crate::ids::{AccountId, CompetitorId, ContactId, MapId};

/// What the weights of a complete map total, per cent (R21).
const WHOLE: i64 = 100;

/// A row of `accounts.decision_map`.
#[derive(Clone, Debug, PartialEq)]
struct Header {
    opportunity_id: Uuid,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    account_id: Uuid,
    complete: bool,
    competitors: Vec<Uuid>,
}

/// A whole map; people, influences and criteria in the order in which they were added.
#[derive(Clone, Debug, PartialEq)]
struct DecisionMap {
    header: Header,
    stakeholders: Vec<Stakeholder>,
    influences: Vec<Influence>,
    criteria: Vec<Criterion>,
}

impl DecisionMap {
    fn name(&self) -> MapId {
        MapId(self.header.opportunity_id)
    }

    /// The map as the caller may see it, insiders named: what is not for every reader goes
    /// through [`shown`].
    fn shown_to(&self, call: &Call) -> proto::DecisionMap {
        let people = self.stakeholders.iter();
        proto::DecisionMap {
            stakeholders: people.map(|person| person.shown_to(call)).collect(),
            ..self.to_proto()
        }
    }

    /// The map with everybody named, as it is stored.
    fn to_proto(&self) -> proto::DecisionMap {
        let header = &self.header;
        proto::DecisionMap {
            name: self.name().to_string(),
            etag: header.version.to_string(),
            version: header.version,
            create_time: Some(wire::timestamp(header.created_at.to_jiff())),
            update_time: Some(wire::timestamp(header.updated_at.to_jiff())),
            account: AccountId(header.account_id).to_string(),
            complete: header.complete,
            stakeholders: self
                .stakeholders
                .iter()
                .map(Stakeholder::to_proto)
                .collect(),
            influences: self.influences.iter().map(Influence::to_proto).collect(),
            criteria: self.criteria.iter().map(Criterion::to_proto).collect(),
            competitors: header
                .competitors
                .iter()
                .map(|id| CompetitorId(*id).to_string())
                .collect(),
            missing: gap::of(self),
        }
    }

    fn stakeholder(&self, contact: ContactId) -> Option<&Stakeholder> {
        self.stakeholders
            .iter()
            .find(|person| person.name() == contact)
    }

    fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }

    fn has_insiders(&self) -> bool {
        self.stakeholders.iter().any(Stakeholder::is_sensitive)
    }

    /// The sum of the weights that are known, per cent.
    fn total_weight(&self) -> i64 {
        self.stakeholders
            .iter()
            .filter_map(|person| person.weight)
            .map(i64::from)
            .sum()
    }

    /// The map as the next version. One whose weights no longer total 100 is a draft.
    fn next(mut self, now: Timestamp) -> Self {
        self.header.version += 1;
        self.header.updated_at = now.to_sqlx();
        self.header.complete &= self.total_weight() == WHOLE;
        self
    }
}

/// What the caller may see of a map.
fn shown(call: &Call, map: proto::DecisionMap) -> proto::DecisionMap {
    match call.reveals {
        true => map,
        false => mask::masked(map),
    }
}
