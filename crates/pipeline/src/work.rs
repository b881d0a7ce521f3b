//! The work of the stages (R5), and what of their key nodes is waived.

pub mod complete;
pub mod read;
mod row;
mod standard;
pub mod waive;

use jiff::Timestamp;
use jiff::civil::Date;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

pub use row::{delete_waiver, delete_work, load_waivers, load_work, save_waiver, save_work};

/// A work item that is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    pub done: Date,
    /// None when the process asks for nothing.
    pub evidence: Option<proto::WorkEvidence>,
    pub recorder: String,
    pub recorded: Timestamp,
}

/// A criterion that need not be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub reason: String,
    pub actor: String,
    pub waived: Timestamp,
}

impl Work {
    /// The work for the wire.
    pub fn to_proto(&self, item: &str) -> proto::WorkDone {
        proto::WorkDone {
            work_item: item.to_owned(),
            done_date: Some(wire::date(self.done)),
            evidence: self.evidence.clone(),
            recorder: self.recorder.clone(),
            record_time: Some(wire::timestamp(self.recorded)),
        }
    }
}

impl Waiver {
    /// The waiver for the wire.
    pub fn to_proto(&self, criterion: &str) -> proto::Waiver {
        proto::Waiver {
            criterion: criterion.to_owned(),
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            waive_time: Some(wire::timestamp(self.waived)),
        }
    }
}
