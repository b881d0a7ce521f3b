//! What undoing a merge needs to know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::below::Below;
use crate::account::Account;
use crate::matching::carry::Carried;

/// The document in `accounts.merge.ledger`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ledger {
    pub before: Account,
    pub after: Account,
    pub losers: Vec<Lost>,
    /// The territory that names the survivor since.
    pub named_by: Option<Uuid>,
    /// Pairs that the merge settled, with what was decided before.
    pub pairs: Vec<(Uuid, Option<String>)>,
    /// Decisions about the losers that hold for the survivor since.
    #[serde(default)]
    pub distinct: Vec<Carried>,
}

/// An account as it was, and what was below it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lost {
    pub before: Account,
    pub below: Below,
    pub named_by: Option<Uuid>,
    /// The territory it was last given to, and when.
    pub assigned: Option<(Uuid, Timestamp)>,
}

impl Ledger {
    /// Everybody who took part, the survivor first.
    pub fn members(&self) -> Vec<Uuid> {
        let losers = self.losers.iter().map(|lost| lost.before.id);
        std::iter::once(self.before.id).chain(losers).collect()
    }
}
