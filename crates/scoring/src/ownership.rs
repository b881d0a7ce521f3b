//! From the log to the judgements: whoever is given a deal sees how it was judged, and
//! whoever gave it away does so no more.

use keynode_kit::consumer::Reaction;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::Entry;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged};

use crate::evaluation::{self, Belonging, OpportunityId};

/// Keeps the judgements with their deal.
#[derive(Debug)]
pub(crate) struct Ownership;

/// A deal that changed hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandOver {
    opportunity: OpportunityId,
    to: Belonging,
}

impl Reaction for Ownership {
    type Effect = HandOver;

    async fn decide(&self, entry: &Entry) -> Result<Vec<HandOver>, Fault> {
        let changed: Option<OpportunityChanged> = entry.message().map_err(Fault::internal)?;
        Ok(changed.and_then(hand_over).into_iter().collect())
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, change: HandOver) -> Result<(), Fault> {
        evaluation::hand_over(tx, change.opportunity, change.to, entry.sequence).await
    }
}

/// None for a new deal, which has no judgements yet.
fn hand_over(changed: OpportunityChanged) -> Option<HandOver> {
    let (before, after) = (changed.before?, changed.after?);
    let whose = |deal: &Opportunity| (deal.owner.clone(), deal.team.clone());
    if whose(&before) == whose(&after) {
        return None;
    }
    let opportunity = after.name.parse().ok()?;
    Some(HandOver {
        opportunity,
        to: Belonging::of(&after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAL: &str = "opportunities/0190b5a0-0000-7000-8000-000000000001";
    const PERSON: &str = "people/0190b5a0-0000-7000-8000-000000000002";

    fn owned_by(owner: &str) -> Option<Opportunity> {
        Some(Opportunity {
            name: DEAL.to_owned(),
            owner: owner.to_owned(),
            ..Opportunity::default()
        })
    }

    #[test]
    fn a_deal_that_changes_hands_takes_its_judgements_along() {
        let given = OpportunityChanged {
            before: owned_by(""),
            after: owned_by(PERSON),
            ..Default::default()
        };
        let owner = PERSON.parse::<evaluation::PersonId>().unwrap().0;
        let expected = HandOver {
            opportunity: DEAL.parse().unwrap(),
            to: Belonging {
                owner: Some(owner),
                team: None,
            },
        };
        assert_eq!(hand_over(given), Some(expected));
    }

    #[test]
    fn new_and_otherwise_changed_deals_hand_nothing_over() {
        let new = OpportunityChanged {
            before: None,
            after: owned_by(PERSON),
            ..Default::default()
        };
        let same = OpportunityChanged {
            before: owned_by(PERSON),
            after: owned_by(PERSON),
            ..Default::default()
        };
        assert_eq!((hand_over(new), hand_over(same)), (None, None));
    }
}
