//! What another system tells of a deal.

use jiff::Timestamp;
use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;

use crate::batch_upsert::row::check_status;
use crate::error::Error;
use crate::money::{self, SUM};
use crate::past;
use crate::process::{Process, Stage};
use crate::stage::Status;
use crate::status;
use crate::terms::{Amount, Key};

const MAX_EVENT: usize = 200;
const MAX_STAGE: usize = 200;

/// Where an event comes among those of its deal: by when it was so there, and of one moment by its
/// id, whatever the order of telling. The order of `pipeline.standing`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    at: Timestamp,
    /// Characters of the id: of numbers the greater is later.
    length: usize,
    event: String,
}

impl Place {
    /// Of what is not told by an event, the id is empty.
    pub fn of(at: Timestamp, event: &str) -> Self {
        Self {
            at,
            length: event.chars().count(),
            event: event.to_owned(),
        }
    }
}

/// An event whose fields are sound as far as they can be judged alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// The key by which the event names its deal: source system and the id there.
    pub key: Key,
    /// The deal's first key; that by which it is named until the deal is found.
    pub first_key: Key,
    pub event: String,
    pub at: Timestamp,
    pub stage: String,
    pub status: Status,
    /// None = not said.
    pub amount: Option<Amount>,
}

impl Told {
    pub fn read(message: &proto::OpportunityEvent, now: Timestamp) -> Result<Self, Error> {
        let mut bad = Violations::default();
        if message.opportunity.is_none() {
            bad.add("opportunity", "must be given");
        }
        let key = bad.external_key("opportunity", message.opportunity.as_ref());
        if message.occur_time.is_none() {
            bad.add("occur_time", "must be given");
        }
        let at = past::happened(&mut bad, "occur_time", message.occur_time.as_ref(), now);
        let kind = match bad.optional_enum("status", message.status) {
            OpportunityStatus::Unspecified => OpportunityStatus::Open,
            kind => kind,
        };
        let at = at.unwrap_or(now);
        let closed = Some(at).filter(|_| kind != OpportunityStatus::Open);
        let told = Self {
            event: bad.required_text("source_event", &message.source_event, MAX_EVENT),
            at,
            stage: bad.required_text("stage", &message.stage, MAX_STAGE),
            status: status::of(kind, closed).unwrap_or(Status::Open),
            amount: money::amount(&mut bad, "amount", message.amount.as_ref(), SUM),
            first_key: key.clone().unwrap_or_default(),
            key: key.clone().unwrap_or_default(),
        };
        bad.finish()?;
        match key {
            Some(_) => Ok(told),
            None => Err(Fault::internal("a key that is good and not there").into()),
        }
    }

    /// The event as it is known: system and id there.
    pub fn id(&self) -> (String, String) {
        (self.key.0.clone(), self.event.clone())
    }

    pub fn place(&self) -> Place {
        Place::of(self.at, &self.event)
    }

    /// The stage that it names, which the status fits.
    pub fn stage_in<'p>(&self, process: &'p Process) -> Result<&'p Stage, Error> {
        let stage = process.stage(&self.stage);
        let stage = stage.ok_or_else(|| Error::StageNotFound {
            process: process.name(),
            stage: self.stage.clone(),
        })?;
        let mut bad = Violations::default();
        check_status(&mut bad, process.track(), stage.position, self.status);
        bad.finish()?;
        Ok(stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_moment_the_greater_number_comes_later() {
        let place = |second, event| {
            let at = Timestamp::from_second(second).expect("a second after 1970");
            Place::of(at, event)
        };
        let mut places = [
            place(7, "e10"),
            place(8, ""),
            place(7, "f2"),
            place(7, ""),
            place(7, "e9"),
        ];
        places.sort();
        let order = places.map(|place| place.event);
        assert_eq!(order, ["", "e9", "f2", "e10", ""]);
    }
}
