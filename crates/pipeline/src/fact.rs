//! What written criteria may read: the recorded facts as a document. Null is unknown.
//! `docs/process.md` lists every one; a test compares.

use keynode_proto::pipeline::v1::Knowledge;
use serde_json::{Value as Json, json};

use crate::element::details::Budget;
use crate::gate::{DecisionMap, Evaluation, Facts, Judgement, Outcome};
use crate::process::expression::ANY;
use crate::{
    bid, contract, customer_requests, delivery, element, needs, objections, pricing, promises,
    purchase_criteria, pursuit,
};

/// Facts that criteria may ask for and of which nobody is told what they say: by where the alarm
/// changes the margin could be found.
pub const UNTOLD: [&str; 1] = ["pursuit"];

/// Every fact that there can be, each with a value of its kind.
pub fn sample() -> Json {
    let judgement = Judgement {
        name: String::new(),
        model_version: 1,
        outcome: Outcome::Go,
        grade: "A".to_owned(),
    };
    let mut sample = document(&Facts {
        map: Some(DecisionMap {
            version: 1,
            ..DecisionMap::default()
        }),
        evaluation: Some(Evaluation::Made(judgement)),
        deal: Deal {
            amount: Some(1.0),
            currency: Some("CNY".to_owned()),
            non_standard: Some(true),
            buying_step: Some(1),
            entry_buying_step: Some(1),
            ..Deal::default()
        },
        budget: Budget {
            amount: Some(1.0),
            currency: Some("CNY".to_owned()),
            confirmed: true,
        },
        ..Facts::default()
    });
    sample["evidence"] = json!({ANY: "2026-01-31"});
    sample["work"] = json!({ANY: "2026-01-31"});
    sample["needs"]["deepest"] = json!(5);
    sample["purchase_criteria"] = purchase_criteria::fact::sample();
    sample["bid"] = bid::fact::sample();
    sample["delivery"] = delivery::fact::sample();
    sample["pricing"] = pricing::sample();
    sample["contract"] = contract::sample();
    sample["pursuit"] = pursuit::sample();
    sample
}

/// What is known of the deal itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deal {
    /// To the unit: for thresholds, not for sums.
    pub amount: Option<f64>,
    pub currency: Option<String>,
    pub non_standard: Option<bool>,
    /// Those known, by name.
    pub competitors: Vec<String>,
    pub buying_step: Option<i32>,
    pub entry_buying_step: Option<i32>,
}

/// The facts as expressions read them.
pub fn document(facts: &Facts) -> Json {
    let elements = element::ALL.into_iter().map(|element| {
        let known = facts.elements.get(&element).copied().unwrap_or_default();
        let knowledge = match known {
            Knowledge::Known => json!("known"),
            Knowledge::Partial => json!("partial"),
            Knowledge::Unspecified => Json::Null,
        };
        (element::name(element).to_owned(), knowledge)
    });
    let evidence = facts
        .evidence
        .iter()
        .map(|(kind, date)| (kind.clone(), json!(date.to_string())));
    let work = facts
        .work
        .iter()
        .map(|(item, date)| (item.clone(), json!(date.to_string())));
    let deal = &facts.deal;
    json!({
        "deal": {
            "amount": deal.amount,
            "currency": deal.currency,
            "non_standard": deal.non_standard,
            "competitors": deal.competitors.len(),
            "buying_step": deal.buying_step,
            "entry_buying_step": deal.entry_buying_step,
        },
        "budget": facts.budget.fact(),
        "elements": elements.collect::<serde_json::Map<_, _>>(),
        "evidence": evidence.collect::<serde_json::Map<_, _>>(),
        "work": work.collect::<serde_json::Map<_, _>>(),
        "map": facts.map.as_ref().filter(|map| map.version > 0).map(|map| json!({
            "has_coach": map.has_coach,
            "decision_maker_known": map.decision_maker_known,
            "unreached": map.unreached.len(),
            "names_key_persons": map.names_key_persons,
            "unmet_key_persons": map.unmet_key_persons,
        })),
        "evaluation": facts.evaluation.as_ref().and_then(judged).map(|judgement| json!({
            "result": match judgement.outcome {
                Outcome::Go => "GO",
                Outcome::NoGo => "NO_GO",
                Outcome::InsufficientInformation => "INSUFFICIENT_INFORMATION",
            },
            "grade": Some(&judgement.grade).filter(|grade| !grade.is_empty()),
        })),
        "activities": facts.dossier.activities.facts(),
        "needs": needs::facts(&facts.dossier),
        "objections": objections::facts(&facts.dossier),
        "requests": customer_requests::facts(&facts.dossier),
        "promises": promises::facts(&facts.dossier),
        "purchase_criteria": purchase_criteria::fact::of(&facts.dossier, &deal.competitors),
        "bid": bid::fact::of(&facts.dossier),
        "delivery": delivery::fact::of(&facts.dossier),
        "pricing": pricing::fact(&facts.dossier),
        "contract": contract::fact(&facts.dossier),
        "pursuit": pursuit::fact(&facts.dossier),
    })
}

fn judged(evaluation: &Evaluation) -> Option<&Judgement> {
    match evaluation {
        Evaluation::Made(judgement) => Some(judgement),
        Evaluation::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_recorded_is_null_and_not_false() {
        let none = document(&Facts::default());
        assert_eq!(none["deal"]["amount"], Json::Null);
        assert_eq!(none["elements"]["budget"], Json::Null);
        assert_eq!(none["map"], Json::Null);
        assert_eq!(none["evaluation"], Json::Null);
    }

    #[test]
    fn every_fact_of_the_sample_is_documented() {
        let page = include_str!("../../../docs/process.md");
        let sample = sample();
        for (name, fields) in sample.as_object().unwrap() {
            for field in fields
                .as_object()
                .unwrap()
                .keys()
                .filter(|field| *field != ANY)
            {
                let path = format!("`{name}.{field}`");
                assert!(page.contains(&path), "{path} is not documented");
            }
        }
    }
}
