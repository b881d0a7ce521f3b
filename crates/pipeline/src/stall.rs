//! Deals to which nothing happens: told once, as long as nothing happens.
//!
//! A timer per open deal says since when; [`follow`] resets it by what the log tells, and
//! [`tell`] looks at it when it is due. Both may run on any number of replicas.

pub mod follow;
pub mod list;
pub mod row;
pub mod tell;

use jiff::Timestamp;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

use crate::calendar::Calendar;
use crate::opportunity::Opportunity;
use crate::process::Process;

/// The working days without a move or a contact that a deal's stage allows; 0 = any.
pub fn limit(process: &Process, deal: &Opportunity) -> i32 {
    let stage = process.stage_at(deal.standing.position());
    stage.map_or(0, |stage| stage.stall_days)
}

/// How a deal stands that is idle since then.
pub fn state(
    calendar: &Calendar,
    process: &Process,
    deal: &Opportunity,
    idle_since: Timestamp,
    now: Timestamp,
) -> proto::StallState {
    let (limit, idle) = (limit(process, deal), calendar.workdays(idle_since, now));
    let is_paused = deal.pause.is_some();
    proto::StallState {
        idle_since: Some(wire::timestamp(idle_since)),
        idle_days: idle,
        stall_days: limit,
        stalled: limit > 0 && idle >= limit && !is_paused,
        paused: is_paused,
    }
}
