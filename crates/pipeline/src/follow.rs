//! From the log of the accounts service to deals: they go with the records of a leaver and
//! with the accounts that are merged and taken apart again.

mod merge;
mod transfer;

use keynode_kit::clock::Clock;
use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::{Explain as _, Fault};
use keynode_kit::log::{self, Entry, Origin};
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use self::merge::{Merge, Undo};
use self::transfer::Transfer;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::update::record;

/// Follows the log for this service.
#[derive(Debug)]
pub struct Follower {
    pub clock: Clock,
}

/// What an entry leads to, and the deals that it may change.
#[derive(Clone, Debug)]
pub struct Effect {
    cause: Cause,
    deals: Vec<Uuid>,
}

#[derive(Clone, Debug)]
enum Cause {
    Transfer(Transfer),
    Merge(Merge),
    Undo(Undo),
}

impl Reaction for Follower {
    type Effect = Effect;

    /// A merge looks at what the one before it left.
    const TOGETHER: usize = 1;

    async fn decide(&self, entry: &Entry) -> Result<Vec<Effect>, Fault> {
        let transfer = read(entry)?.and_then(|event| Transfer::of(event, entry.occurred_at));
        let causes = [
            transfer.map(Cause::Transfer),
            read(entry)?.and_then(Merge::of).map(Cause::Merge),
            read(entry)?.and_then(Undo::of).map(Cause::Undo),
        ];
        let effect = |cause| Effect {
            cause,
            deals: Vec::new(),
        };
        Ok(causes.into_iter().flatten().map(effect).collect())
    }

    async fn prepare(&self, tx: &mut Tx, effects: &mut [Effect]) -> Result<(), Fault> {
        for effect in effects {
            effect.deals = match &effect.cause {
                Cause::Transfer(transfer) => transfer.deals(tx).await?,
                Cause::Merge(merge) => merge.deals(tx).await?,
                Cause::Undo(undo) => undo.deals(tx).await?,
            };
            let subjects: Vec<String> = names(&effect.deals).map(|id| id.to_string()).collect();
            log::take_turn(tx, &subjects).await?;
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, effect: Effect) -> Result<(), Fault> {
        let mut w = Writer::new(tx, self.clock.clone());
        let now = self.clock.now();
        let changed = effect
            .change(&mut w)
            .await
            .map_err(|error| error.explain())?;
        let changed: Vec<(Opportunity, Opportunity)> = changed
            .into_iter()
            .map(|(before, mut after)| {
                after.touch(now);
                (before, after)
            })
            .collect();
        let after: Vec<&Opportunity> = changed.iter().map(|(_, after)| after).collect();
        opportunity::save(&mut w, &after).await?;
        for (before, after) in &changed {
            record(&mut w, before, after);
        }
        w.append(&origin(entry, now)).await?;
        Ok(())
    }
}

impl Effect {
    /// The deals that change, with what they become.
    async fn change(&self, w: &mut Writer<'_>) -> Result<Vec<(Opportunity, Opportunity)>, Error> {
        let ids: Vec<OpportunityId> = names(&self.deals).collect();
        opportunity::lock_all(w, &ids).await?;
        let deals = opportunity::fetch(w, &self.deals).await?;
        match &self.cause {
            Cause::Transfer(transfer) => Ok(transfer.change(deals)),
            Cause::Merge(merge) => merge.change(w, deals).await,
            Cause::Undo(undo) => undo.change(w, deals).await,
        }
    }
}

fn names(ids: &[Uuid]) -> impl Iterator<Item = OpportunityId> {
    ids.iter().copied().map(OpportunityId)
}

fn read<M: prost::Message + prost::Name + Default>(entry: &Entry) -> Result<Option<M>, Fault> {
    entry.message().map_err(Fault::internal)
}

/// Of what this service does because of an entry.
pub fn origin(entry: &Entry, now: jiff::Timestamp) -> Origin {
    Origin {
        tenant: entry.tenant,
        service: "pipeline",
        actor: "services/pipeline".to_owned(),
        cause: format!("events/{}", entry.id),
        trace_id: entry.trace_id.clone(),
        occurred_at: now,
    }
}
