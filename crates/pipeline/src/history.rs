//! What was, and since when: read from the log, from the moves, and from what
//! `pipeline.standing` keeps of every deal.

pub mod as_of;
pub mod board;
pub mod changes;
mod counts;
mod entered;
pub mod funnel;
mod row;
pub mod stage_times;

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use prost_types::Timestamp as Wire;

use crate::past;

/// The moment that is asked about, and until when what was recorded counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    as_of: Timestamp,
    known: Timestamp,
}

impl Moment {
    fn read(
        bad: &mut Violations,
        (as_of, known): (Option<&Wire>, Option<&Wire>),
        now: Timestamp,
    ) -> Self {
        if as_of.is_none() {
            bad.add("as_of_time", "must be given");
        }
        let mut read = |field, value| past::asked(bad, field, value, now);
        Self {
            as_of: read("as_of_time", as_of).unwrap_or(now),
            known: read("known_time", known).unwrap_or(now),
        }
    }
}
