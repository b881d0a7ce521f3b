//! Our bid for a deal (E1, E5, stage 4): what the tender asks, whether we bid, the day, the end.

pub mod day;
pub mod decide;
pub mod fact;
pub mod get;
pub mod matrix;
mod requirement;
pub mod result;
pub mod submit;
pub mod tender;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1::{Bid, BidChanged, BidDecision, BidNegotiation, BidSubmission};

use crate::dossier::{self, Part};
use crate::error::{Error, Missing};
use crate::opportunity::Opportunity;

/// Of what there is to say of a bid.
const MAX_NOTE: usize = 1000;
const MAX_NAME: usize = 200;
const MAX_SOURCE: usize = 400;

impl Part for Bid {
    const NAME: &'static str = "bid";
}

/// What we decided; unspecified when nothing is.
fn decision(bid: &Bid) -> BidDecision {
    bid.verdict
        .as_ref()
        .map_or(BidDecision::Unspecified, |verdict| verdict.decision())
}

/// Whoever withdraws or only attends does not mean to win.
fn counts_in_win_rate(bid: &Bid) -> bool {
    !matches!(
        decision(bid),
        BidDecision::Withdraw | BidDecision::AttendForRelation
    )
}

/// The bid for the wire, with what follows from it.
pub fn to_proto(bid: &Bid) -> Bid {
    Bid {
        day_items: day::all(bid),
        counts_in_win_rate: counts_in_win_rate(bid),
        ..bid.clone()
    }
}

/// What is missing before the customer gets a bid of ours: that we mean to give one.
fn undecided(deal: &Opportunity, bid: &Bid) -> Option<Missing> {
    let is_decided = matches!(
        decision(bid),
        BidDecision::Go | BidDecision::AttendForRelation
    );
    (!is_decided).then(|| Missing {
        kind: "DECISION",
        subject: deal.id.to_string(),
        description: "the decision is GO or ATTEND_FOR_RELATION; use DecideBid".to_owned(),
    })
}

/// Whether the customer had an offer of ours.
fn was_offered(submission: Option<&BidSubmission>, negotiation: Option<&BidNegotiation>) -> bool {
    submission.is_some() || negotiation.is_some()
}

/// Changes the bid of a locked deal; the bid and the deal after it.
async fn change(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    work: impl FnOnce(&Opportunity, &mut Bid) -> Result<(), Error>,
) -> Result<(Bid, Opportunity), Error> {
    let told = |before: &Bid, after: &Bid, deal| BidChanged {
        before: Some(to_proto(before)),
        after: Some(to_proto(after)),
        opportunity: Some(deal),
    };
    let changed = dossier::change(w, call, deal, work, told).await?;
    Ok((to_proto(&changed.after), changed.deal))
}
