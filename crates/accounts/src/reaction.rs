//! From the log to what is folded from it: members of segments, how deals ended, who
//! competed in them.

use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::Entry;
use keynode_proto::accounts::v1::{AccountChanged, DecisionMap, DecisionMapChanged};
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged, OpportunityStageMoved};
use uuid::Uuid;

use crate::competitor::fold::Rivals;
use crate::deal::fold::Seen;
use crate::ids::AccountId;
use crate::segment::membership;

/// Follows the log for this service.
#[derive(Debug)]
pub struct Follower;

/// What an entry leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// An account is new, or something about it changed.
    Account(Uuid),
    /// An account came under another, with all that stand below it.
    Group(Uuid),
    Deal(Box<Seen>),
    Map(Rivals),
}

impl Reaction for Follower {
    type Effect = Effect;

    async fn decide(&self, entry: &Entry) -> Result<Vec<Effect>, Fault> {
        let effects = [
            read(entry)?.and_then(account),
            read(entry)?.and_then(|changed: OpportunityChanged| deal(changed.after)),
            read(entry)?.and_then(|moved: OpportunityStageMoved| deal(moved.after)),
            read(entry)?.and_then(|changed: DecisionMapChanged| map(changed.after)),
        ];
        Ok(effects.into_iter().flatten().collect())
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, effect: Effect) -> Result<(), Fault> {
        match effect {
            Effect::Account(id) => membership::follow_account(tx, id).await?,
            Effect::Group(id) => membership::follow_group(tx, id).await?,
            Effect::Deal(seen) => seen.store(tx, entry.sequence).await?,
            Effect::Map(rivals) => rivals.store(tx).await?,
        }
        Ok(())
    }
}

fn read<M: prost::Message + prost::Name + Default>(entry: &Entry) -> Result<Option<M>, Fault> {
    entry.message().map_err(Fault::internal)
}

fn account(changed: AccountChanged) -> Option<Effect> {
    let after = changed.after?;
    let id: AccountId = after.name.parse().ok()?;
    let moved = changed
        .before
        .is_some_and(|before| before.parent != after.parent);
    Some(match moved {
        true => Effect::Group(id.0),
        false => Effect::Account(id.0),
    })
}

fn deal(after: Option<Opportunity>) -> Option<Effect> {
    Seen::of(&after?).map(|seen| Effect::Deal(Box::new(seen)))
}

fn map(after: Option<DecisionMap>) -> Option<Effect> {
    Rivals::of(&after?).map(Effect::Map)
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::Account;

    use super::*;

    const ID: &str = "0190b5a0-0000-7000-8000-000000000001";

    fn below(parent: &str) -> Option<Account> {
        Some(Account {
            name: format!("accounts/{ID}"),
            parent: parent.to_owned(),
            ..Account::default()
        })
    }

    #[test]
    fn only_an_account_that_moves_takes_its_group_along() {
        let id: Uuid = ID.parse().unwrap();
        let changed = |before, after| account(AccountChanged { before, after });
        assert_eq!(changed(None, below("x")), Some(Effect::Account(id)));
        assert_eq!(changed(below("x"), below("x")), Some(Effect::Account(id)));
        assert_eq!(changed(below("x"), below("y")), Some(Effect::Group(id)));
        assert_eq!(changed(below("x"), None), None);
    }
}
