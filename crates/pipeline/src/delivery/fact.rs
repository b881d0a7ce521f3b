//! The delivery as written criteria read it.

use keynode_proto::pipeline::v1::Delivery;
use serde_json::{Value as Json, json};

use crate::dossier::Dossier;

/// What is known; null before anything is recorded.
pub fn of(dossier: &Dossier) -> Json {
    let delivery: Delivery = dossier.part().unwrap_or_default();
    if delivery == Delivery::default() {
        return Json::Null;
    }
    let milestones = delivery.milestones.iter();
    json!({
        "milestones_open": milestones.filter(|it| it.done_date.is_none()).count(),
        "accepted": super::accepted(&delivery).is_some(),
        "open_findings": super::open_findings(&delivery).count(),
        "blocking_findings": super::blocking(&delivery).count(),
        "closed": delivery.closing.is_some(),
        "handed_over": delivery.hand_over.is_some(),
    })
}

/// Every such fact, with a value of its kind.
pub fn sample() -> Json {
    json!({
        "milestones_open": 1,
        "accepted": true,
        "open_findings": 1,
        "blocking_findings": 1,
        "closed": true,
        "handed_over": true,
    })
}

#[cfg(test)]
mod tests {
    use keynode_proto::pipeline::v1::{Acceptance, AcceptanceResult, Milestone};

    use super::*;
    use crate::dossier::testing::{keys, with};

    #[test]
    fn the_sample_has_the_facts_that_there_are() {
        let delivery = Delivery {
            milestones: vec![Milestone::default()],
            ..Delivery::default()
        };
        let facts = of(&with(&delivery));
        assert_eq!(keys(&facts), keys(&sample()));
        assert_eq!(facts["milestones_open"], 1);
        assert_eq!(of(&Dossier::default()), Json::Null);
    }

    #[test]
    fn the_last_attempt_at_acceptance_holds() {
        let accepted = |results: &[AcceptanceResult]| {
            let attempt = |result: &AcceptanceResult| Acceptance {
                result: (*result).into(),
                ..Acceptance::default()
            };
            let delivery = Delivery {
                acceptances: results.iter().map(attempt).collect(),
                ..Delivery::default()
            };
            of(&with(&delivery))["accepted"].clone()
        };
        use AcceptanceResult::{Accepted, AcceptedWithFindings, Rejected};
        assert_eq!(accepted(&[Rejected]), false);
        assert_eq!(accepted(&[Rejected, AcceptedWithFindings]), true);
        assert_eq!(accepted(&[Accepted, Rejected]), false);
    }
}
