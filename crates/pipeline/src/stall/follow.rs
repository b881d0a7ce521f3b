//! What resets the timers: moves, contacts and the end of a pause, as the log tells them.

use jiff::Timestamp;
use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::Entry;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ActivityKind, ActivityState, OpportunityStatus};

use super::row;
use crate::ids::OpportunityId;

/// Follows the log for the timers.
#[derive(Debug)]
pub struct Timers;

/// What an entry does to timers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Touch(OpportunityId, Timestamp),
    Stop(OpportunityId),
    /// The tenant counts its days otherwise.
    Recheck,
}

impl Reaction for Timers {
    type Effect = Effect;

    /// A timer refers to its deal: who holds several would meet whoever locks those deals.
    const TOGETHER: usize = 1;

    async fn decide(&self, entry: &Entry) -> Result<Vec<Effect>, Fault> {
        let effect = if let Some(event) = read::<proto::OpportunityChanged>(entry)? {
            changed(&event, entry.occurred_at)
        } else if let Some(event) = read::<proto::OpportunityStageMoved>(entry)? {
            moved(&event, entry.occurred_at)
        } else if let Some(event) = read::<proto::ActivityRecorded>(entry)? {
            contacted(event.after, event.opportunity)
        } else if let Some(event) = read::<proto::ActivityChanged>(entry)? {
            contacted(event.after, event.opportunity)
        } else {
            read::<proto::WorkCalendarChanged>(entry)?.map(|_| Effect::Recheck)
        };
        Ok(effect.into_iter().collect())
    }

    async fn apply(&self, tx: &mut Tx, _: &Entry, effect: Effect) -> Result<(), Fault> {
        match effect {
            Effect::Touch(deal, at) => row::touch(tx, deal, at).await?,
            Effect::Stop(deal) => row::stop(tx, deal).await?,
            Effect::Recheck => row::recheck(tx).await?,
        }
        Ok(())
    }
}

fn read<M: prost::Message + prost::Name + Default>(entry: &Entry) -> Result<Option<M>, Fault> {
    entry.message().map_err(Fault::internal)
}

/// A deal that is opened, or that goes on after a pause.
fn changed(event: &proto::OpportunityChanged, at: Timestamp) -> Option<Effect> {
    let after = event.after.as_ref()?;
    let deal = after.name.parse().ok()?;
    match &event.before {
        None => stood(after, at),
        Some(before) if before.pause.is_some() && after.pause.is_none() => {
            Some(Effect::Touch(deal, at))
        }
        Some(_) => None,
    }
}

fn moved(event: &proto::OpportunityStageMoved, at: Timestamp) -> Option<Effect> {
    stood(event.after.as_ref()?, at)
}

/// Since it entered its stage, which another system may have told.
fn stood(after: &proto::Opportunity, at: Timestamp) -> Option<Effect> {
    let deal = after.name.parse().ok()?;
    if after.status() != OpportunityStatus::Open {
        return Some(Effect::Stop(deal));
    }
    let entered = moment(after.stage_enter_time.as_ref());
    Some(Effect::Touch(deal, entered.unwrap_or(at)))
}

/// Once it is done; a meeting of our own is no contact with the customer.
fn contacted(
    activity: Option<proto::Activity>,
    opportunity: Option<proto::Opportunity>,
) -> Option<Effect> {
    let activity = activity?;
    // A release that knew no other state did not name it.
    let is_done = matches!(
        activity.state(),
        ActivityState::Done | ActivityState::Unspecified
    );
    if !is_done || activity.kind() == ActivityKind::Internal {
        return None;
    }
    let deal = opportunity?.name.parse().ok()?;
    Some(Effect::Touch(deal, moment(activity.occur_time.as_ref())?))
}

fn moment(wire: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    wire::read_timestamp(wire?).ok()
}
