//! What becomes of events.

use std::collections::{BTreeMap, BTreeSet};

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use uuid::Uuid;

use super::known::{Deals, Known};
use super::told::Told;
use crate::batch_upsert::status as refusal;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::terms::Key;

/// What becomes of an event.
pub(super) enum Fate<'k> {
    Recorded(String),
    Past(&'k Known),
    Ahead(&'k Known),
}

/// What was decided about events, by their places in the chunk.
pub(super) struct Fates {
    results: Vec<Option<Result<EventResult, Error>>>,
    pub noted: BTreeSet<(String, String, Uuid)>,
}

pub(super) fn decide_on<'k>(
    told: &Told,
    recorded: &BTreeMap<Key, Uuid>,
    deals: &'k Deals,
) -> Result<Fate<'k>, Error> {
    let known = deals.get(&told.first_key);
    let known = known.ok_or_else(|| Error::ExternalKeyUnknown {
        system: told.key.0.clone(),
        id: told.key.1.clone(),
    })?;
    if let Some(deal) = recorded.get(&told.id()) {
        return Ok(Fate::Recorded(OpportunityId(*deal).to_string()));
    }
    told.stage_in(&known.process)?;
    match known.worked_here {
        Some(since) if told.at >= since => Err(Error::OpportunityWorkedHere {
            opportunity: known.deal.id,
        }),
        None if told.place() > known.until => Ok(Fate::Ahead(known)),
        _ => Ok(Fate::Past(known)),
    }
}

impl Fates {
    pub fn of(told: &[Result<Told, Error>]) -> Self {
        Self {
            results: told.iter().map(|_| None).collect(),
            noted: BTreeSet::new(),
        }
    }

    pub fn say(&mut self, n: usize, result: Result<EventResult, Error>) {
        if let Some(place) = self.results.get_mut(n) {
            *place = Some(result);
        }
    }

    pub fn note(&mut self, n: usize, told: &Told, known: &Known, how: fn(String) -> EventResult) {
        let (system, event) = told.id();
        self.noted.insert((system, event, known.deal.id.0));
        self.say(n, Ok(how(known.deal.id.to_string())));
    }

    pub fn finish(
        self,
        told: Vec<Result<Told, Error>>,
    ) -> Result<Vec<proto::OpportunityEventResult>, Error> {
        let both = self.results.into_iter().zip(told);
        let shown = both.map(|(said, told)| {
            let result = match (said, told) {
                (Some(Ok(result)), _) => result,
                (Some(Err(error)), _) | (None, Err(error)) => EventResult::Error(refusal(&error)?),
                (None, Ok(_)) => return Err(Fault::internal("an event without its fate").into()),
            };
            Ok(proto::OpportunityEventResult {
                result: Some(result),
            })
        });
        shown.collect()
    }
}
