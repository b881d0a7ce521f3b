//! Contacts with the customer: planned, done or cancelled, and corrected with their history in the
//! log. The message of the wire is the model: everything in it is what people said.

pub mod check;
pub mod row;
pub mod tally;

use jiff::Timestamp;
use keynode_kit::{etag, wire};
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ActivityKind, ActivityState};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::OpportunityId;

/// The collection of their names.
pub const COLLECTION: &str = "activities";

/// One contact with the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub id: Uuid,
    pub opportunity: OpportunityId,
    /// One more with every event of the activity.
    pub version: i64,
    /// Without name and etag, which follow from the rest.
    pub said: proto::Activity,
}

impl Activity {
    /// The resource name.
    pub fn name(&self) -> String {
        format!("{}/{COLLECTION}/{}", self.opportunity, self.id)
    }

    /// The activity for the wire.
    pub fn to_proto(&self) -> proto::Activity {
        proto::Activity {
            name: self.name(),
            etag: self.version.to_string(),
            ..self.said.clone()
        }
    }

    pub fn state(&self) -> ActivityState {
        self.said.state()
    }

    /// Whether it left a next action of which nobody said what became.
    pub fn has_open_next_action(&self) -> bool {
        let next = self.said.next_action.as_ref();
        self.state() == ActivityState::Done && next.is_some_and(|next| next.settlement.is_none())
    }

    /// Counts a change: with every one comes one event.
    pub fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.said.update_time = Some(wire::timestamp(now));
    }

    /// Refuses a change of a version that the caller has not seen.
    ///
    /// # Errors
    /// `ETAG_MISMATCH` unless `etag` is empty or this version's.
    pub fn check_etag(&self, etag: &str) -> Result<(), Error> {
        Ok(etag::check(&self.name(), etag, self.version)?)
    }

    /// What is told of its change.
    pub fn changed(
        &self,
        before: &Self,
        parent: proto::Opportunity,
        reason: &str,
    ) -> proto::ActivityChanged {
        proto::ActivityChanged {
            before: Some(before.to_proto()),
            after: Some(self.to_proto()),
            opportunity: Some(parent),
            reason: reason.to_owned(),
        }
    }
}

/// A state as it is stored and shown, e.g. `DONE`.
pub fn state_name(state: ActivityState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("ACTIVITY_STATE_").unwrap_or(name)
}

/// A kind as it is stored, e.g. `VISIT`.
pub fn kind_name(kind: ActivityKind) -> &'static str {
    let name = kind.as_str_name();
    name.strip_prefix("ACTIVITY_KIND_").unwrap_or(name)
}

/// The activity of a deal that a name means.
///
/// # Errors
/// `ACTIVITY_NOT_FOUND`.
pub async fn find(
    connection: &mut PgConnection,
    deal: OpportunityId,
    name: &str,
) -> Result<Activity, Error> {
    let found = match id_of(deal, name) {
        Some(id) => row::fetch(connection, &[id]).await?.pop(),
        None => None,
    };
    found
        .filter(|found| found.opportunity == deal)
        .ok_or_else(|| Error::ActivityNotFound(name.to_owned()))
}

/// A deal has this activity; an empty name is none to look for.
///
/// # Errors
/// `ACTIVITY_NOT_FOUND`.
pub async fn require(
    connection: &mut PgConnection,
    deal: OpportunityId,
    name: &str,
) -> Result<(), Error> {
    if !name.is_empty() {
        find(connection, deal, name).await?;
    }
    Ok(())
}

/// The id in the name of an activity of this deal.
pub fn id_of(deal: OpportunityId, name: &str) -> Option<Uuid> {
    let id = name.strip_prefix(&format!("{deal}/{COLLECTION}/"))?;
    id.parse()
        .ok()
        .filter(|parsed: &Uuid| parsed.to_string() == id)
}
