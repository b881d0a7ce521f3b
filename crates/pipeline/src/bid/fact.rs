//! The bid as written criteria read it.

use keynode_proto::pipeline::v1::{Bid, BidDecision, BidKind, BidOutcome};
use serde_json::{Value as Json, json};

use crate::dossier::Dossier;

/// What is known; null before anything is recorded.
pub fn of(dossier: &Dossier) -> Json {
    let bid: Bid = dossier.part().unwrap_or_default();
    if bid == Bid::default() {
        return Json::Null;
    }
    let matrix = bid.requirements.filter(|matrix| matrix.total > 0);
    let outcome = bid.result.as_ref().map(|result| result.outcome());
    json!({
        "kind": match bid.kind() {
            BidKind::Unspecified => None,
            BidKind::Tender => Some("TENDER"),
            BidKind::Negotiated => Some("NEGOTIATED"),
        },
        "decision": match super::decision(&bid) {
            BidDecision::Unspecified => None,
            BidDecision::Go => Some("GO"),
            BidDecision::Withdraw => Some("WITHDRAW"),
            BidDecision::AttendForRelation => Some("ATTEND_FOR_RELATION"),
        },
        "submitted": bid.submission.is_some(),
        "negotiated": bid.negotiation.is_some(),
        "result": match outcome.unwrap_or_default() {
            BidOutcome::Unspecified => None,
            BidOutcome::Pending => Some("PENDING"),
            BidOutcome::Won => Some("WON"),
            BidOutcome::Lost => Some("LOST"),
            BidOutcome::Cancelled => Some("CANCELLED"),
        },
        "mandatory_gaps": matrix.as_ref().map(|matrix| matrix.mandatory_gaps),
        "mandatory_unknown": matrix.as_ref().map(|matrix| matrix.mandatory_unknown),
        "counts_in_win_rate": super::counts_in_win_rate(&bid),
    })
}

/// Every such fact, with a value of its kind.
pub fn sample() -> Json {
    json!({
        "kind": "TENDER",
        "decision": "GO",
        "submitted": true,
        "negotiated": false,
        "result": "WON",
        "mandatory_gaps": 1,
        "mandatory_unknown": 1,
        "counts_in_win_rate": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::testing::{keys, with};

    #[test]
    fn the_sample_has_the_facts_that_there_are() {
        let bid = Bid {
            kind: BidKind::Tender.into(),
            ..Bid::default()
        };
        let facts = of(&with(&bid));
        assert_eq!(keys(&facts), keys(&sample()));
        assert_eq!(facts["kind"], "TENDER");
        assert_eq!(facts["mandatory_gaps"], Json::Null, "no row is recorded");
        assert_eq!(of(&Dossier::default()), Json::Null);
    }
}
