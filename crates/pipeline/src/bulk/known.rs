//! Deals as they are known when something is told of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::row::{self, Past};
use super::told::{Place, Told};
use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;
use crate::stage_move::carry::Late;
use crate::status;
use crate::terms::Key;

/// By their first keys.
pub(super) type Deals = HashMap<Key, Known>;

/// A deal and what is known of its time.
pub(super) struct Known {
    pub deal: Opportunity,
    pub process: Arc<Process>,
    /// Since when it was moved here.
    pub worked_here: Option<Timestamp>,
    /// The last of what is known of it.
    pub until: Place,
}

/// The deals of the events that the caller sees, locked, by their first keys, by which the events
/// name them from here on.
pub(super) async fn known(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    told: &mut [Result<Told, Error>],
) -> Result<Deals, Error> {
    let ids = find(w, told).await?;
    let found: BTreeSet<Uuid> = ids.values().copied().collect();
    let found: Vec<Uuid> = found.into_iter().collect();
    let subjects: Vec<OpportunityId> = found.iter().copied().map(OpportunityId).collect();
    opportunity::lock_all(w, &subjects).await?;
    let worked_here = row::worked_here(w, &found).await?;
    let mut known_until = row::known_until(w, &found).await?;
    let mut known = HashMap::new();
    let mut first_keys = HashMap::new();
    for deal in opportunity::fetch(w, &found).await? {
        let Some(key) = deal.terms.external_key.clone() else {
            continue;
        };
        first_keys.insert(deal.id.0, key.clone());
        if !call.sees(deal.terms.owner, deal.terms.team) {
            continue;
        }
        let process = pipeline.process_of(w, call, &deal).await?;
        let standing = &deal.standing;
        let since = standing.status().closed_at().unwrap_or(standing.entered());
        let since = Place::of(since, "");
        let until = match known_until.remove(&deal.id.0) {
            Some(told) => since.max(told),
            None => since,
        };
        let worked_here = worked_here.get(&deal.id.0).copied();
        known.insert(
            key,
            Known {
                until,
                worked_here,
                deal,
                process,
            },
        );
    }
    for told in told.iter_mut().flatten() {
        let first = ids.get(&told.key).and_then(|id| first_keys.get(id));
        if let Some(first) = first {
            told.first_key.clone_from(first);
        }
    }
    Ok(known)
}

async fn find(
    w: &mut Writer<'_>,
    told: &[Result<Told, Error>],
) -> Result<HashMap<Key, Uuid>, Error> {
    let keys: BTreeSet<Key> = told.iter().flatten().map(|told| told.key.clone()).collect();
    let (systems, ids): (Vec<String>, Vec<String>) = keys.into_iter().unzip();
    Ok(opportunity::by_external_keys(w, &systems, &ids).await?)
}

impl Known {
    /// How it stood by what was told.
    pub fn stood<'e>(&'e self, told: &'e Told) -> Result<Past<'e>, Error> {
        let stage = told.stage_in(&self.process)?;
        Ok(Past {
            opportunity_id: self.deal.id.0,
            occurred_at: told.at,
            source_event: &told.event,
            process: &self.process.id,
            stage: &told.stage,
            stage_position: stage.position,
            status: status::name(status::kind(told.status)),
            owner_id: self.deal.terms.owner,
            says_amount: told.amount.is_some(),
            amount: told.amount.as_ref().map(|it| it.value.to_string()),
            currency: told.amount.as_ref().map(|it| it.currency.as_str()),
        })
    }

    /// The move in its past that was told.
    pub fn late<'e>(&'e self, told: &'e Told) -> Late<'e> {
        Late {
            deal: &self.deal,
            process: &self.process,
            stage: &told.stage,
            status: told.status,
            at: told.at,
            event: &told.event,
        }
    }
}
