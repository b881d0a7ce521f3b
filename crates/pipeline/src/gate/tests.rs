use keynode_proto::pipeline::v1::{Promise, PromiseState, Promises};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::process;

fn stage(position: i32) -> Stage {
    process::shipped().stage_at(position).unwrap().clone()
}

fn ids<'a>(gate: &'a Gate<'_>) -> Vec<&'a str> {
    gate.unmet()
        .map(|finding| finding.criterion.id.as_str())
        .collect()
}

fn observed(gate: &Gate<'_>, id: &str) -> String {
    gate.findings
        .iter()
        .find(|finding| finding.criterion.id == id)
        .unwrap()
        .observed
        .clone()
}

fn all_known() -> BTreeMap<QualificationElement, Knowledge> {
    element::ALL
        .into_iter()
        .map(|element| (element, Knowledge::Known))
        .collect()
}

fn judged(outcome: Outcome, grade: &str) -> Option<Evaluation> {
    Some(Evaluation::Made(Judgement {
        name: String::new(),
        model_version: 1,
        outcome,
        grade: grade.to_owned(),
    }))
}

#[test]
fn nothing_known_leaves_every_criterion_unmet() {
    let facts = Facts {
        evaluation: Some(Evaluation::Never),
        ..Facts::default()
    };
    let stage = stage(1);
    let gate = judge(&stage, &facts);
    assert_eq!(gate.unmet().count(), 7);
    assert_eq!(observed(&gate, "budget_known"), "budget is unknown");
    assert_eq!(
        observed(&gate, "evaluation_passed"),
        "the opportunity was never evaluated"
    );
}

#[test]
fn partly_known_is_not_known() {
    let mut facts = Facts {
        elements: all_known(),
        evaluation: judged(Outcome::Go, "A"),
        ..Facts::default()
    };
    let stage = stage(1);
    assert!(judge(&stage, &facts).is_reached());
    facts
        .elements
        .insert(QualificationElement::Budget, Knowledge::Partial);
    let gate = judge(&stage, &facts);
    assert_eq!(ids(&gate), ["budget_known"]);
    assert_eq!(observed(&gate, "budget_known"), "budget is partly known");
}

#[test]
fn only_grade_a_enters_the_sales_process() {
    let stage = stage(1);
    for (outcome, grade, passes) in [
        (Outcome::Go, "A", true),
        (Outcome::Go, "B", false),
        (Outcome::NoGo, "A", false),
        (Outcome::InsufficientInformation, "", false),
    ] {
        let facts = Facts {
            elements: all_known(),
            evaluation: judged(outcome, grade),
            ..Facts::default()
        };
        assert_eq!(
            judge(&stage, &facts).is_reached(),
            passes,
            "{outcome:?} {grade}"
        );
    }
}

#[test]
fn a_decision_maker_without_a_path_is_named() {
    let map = DecisionMap {
        version: 3,
        has_coach: true,
        decision_maker_known: true,
        unreached: vec!["王总".to_owned()],
        names_key_persons: true,
        unmet_key_persons: 1,
    };
    let evidence = BTreeMap::from([(
        "selected_as_candidate".to_owned(),
        jiff::civil::date(2026, 7, 1),
    )]);
    let mut facts = Facts {
        evidence,
        map: Some(map),
        ..Facts::default()
    };
    let stage = stage(2);
    let gate = judge(&stage, &facts);
    assert_eq!(ids(&gate), ["decision_makers_reached"]);
    assert_eq!(
        observed(&gate, "decision_makers_reached"),
        "no path of influence to 王总"
    );
    facts.map.as_mut().unwrap().unreached.clear();
    let gate = judge(&stage, &facts);
    assert!(gate.is_reached(), "an optional criterion only advises");
    assert_eq!(
        observed(&gate, "key_persons_met"),
        "1 key persons were never met"
    );
}

#[test]
fn an_empty_map_meets_nothing() {
    for map in [
        DecisionMap::default(),
        DecisionMap {
            version: 1,
            ..DecisionMap::default()
        },
    ] {
        let facts = Facts {
            map: Some(map),
            ..Facts::default()
        };
        let stage = stage(2);
        let gate = judge(&stage, &facts);
        assert!(
            gate.findings
                .iter()
                .all(|finding| finding.verdict == CriterionVerdict::Unmet)
        );
    }
}

#[test]
fn one_kind_of_evidence_suffices() {
    let evidence = BTreeMap::from([(
        "negotiated_tender_held".to_owned(),
        jiff::civil::date(2026, 11, 3),
    )]);
    let stage = stage(4);
    let facts = Facts {
        evidence,
        ..Facts::default()
    };
    let gate = judge(&stage, &facts);
    assert!(gate.is_reached());
    assert_eq!(
        observed(&gate, "bid_or_negotiated_tender"),
        "negotiated_tender_held on 2026-11-03"
    );
}

/// Of a deal of which everything but the promises is done.
fn delivered(promises: Vec<u8>) -> Facts {
    let day = "2026-07-01".parse().unwrap();
    Facts {
        evidence: ["acceptance", "project_closed"]
            .map(|kind| (kind.to_owned(), day))
            .into(),
        dossier: Dossier::default().with("promises", promises),
        ..Facts::default()
    }
}

fn promised(state: PromiseState) -> Vec<u8> {
    let promise = Promise {
        name: "opportunities/1/promises/7".to_owned(),
        state: state.into(),
        ..Promise::default()
    };
    Promises {
        promises: vec![promise],
    }
    .encode_to_vec()
}

#[test]
fn the_last_stage_is_not_over_while_a_promise_is_open() {
    let last = stage(6);
    let facts = delivered(promised(PromiseState::Open));
    let gate = judge(&last, &facts);
    assert!(!gate.is_reached() && !gate.is_within_reach());
    assert_eq!(gate.unmet_ids(), [PROMISES_KEPT]);
    for settled in [
        PromiseState::Kept,
        PromiseState::Broken,
        PromiseState::Released,
    ] {
        let facts = delivered(promised(settled));
        assert!(judge(&last, &facts).is_reached(), "{settled:?}");
    }
    let earlier = stage(5);
    assert_eq!(judge(&earlier, &facts).open_promises, None);
}

#[test]
fn promises_that_cannot_be_read_are_not_taken_for_kept() {
    let last = stage(6);
    let facts = delivered(vec![0xff]);
    assert_eq!(judge(&last, &facts).unmet_ids(), [PROMISES_KEPT]);
    assert_eq!(fact::document(&facts)["promises"], serde_json::Value::Null);
}

#[test]
fn only_what_the_criteria_name_is_needed() {
    let facts = Facts {
        elements: all_known(),
        ..Facts::default()
    };
    let needs = |position| judge(&stage(position), &facts).needs();
    assert_eq!(
        needs(1),
        Needs {
            map: false,
            evaluation: true
        }
    );
    assert_eq!(
        needs(2),
        Needs {
            map: true,
            evaluation: false
        }
    );
    for position in 3..=6 {
        assert_eq!(needs(position), Needs::default());
    }
}

#[test]
fn what_own_facts_rule_out_is_not_within_reach() {
    let mut facts = Facts {
        elements: all_known(),
        ..Facts::default()
    };
    assert!(judge(&stage(1), &facts).is_within_reach());
    facts.elements.remove(&QualificationElement::Need);
    assert!(!judge(&stage(1), &facts).is_within_reach());
}

proptest! {
    /// The gate of stage 1 opens for exactly one of all states of knowledge.
    #[test]
    fn the_first_gate_opens_only_when_all_is_known(
        states in prop::collection::vec(0..3_i32, 6),
        go in any::<bool>(),
        grade in "[ABCD]",
    ) {
        let known = |n: i32| Knowledge::try_from(n).unwrap();
        let elements = element::ALL.into_iter().zip(states.iter().map(|n| known(*n))).collect();
        let outcome = if go { Outcome::Go } else { Outcome::NoGo };
        let facts = Facts { elements, evaluation: judged(outcome, &grade), ..Facts::default() };
        let open = states.iter().all(|n| *n == 2) && go && grade == "A";
        let stage = stage(1);
        let gate = judge(&stage, &facts);
        prop_assert_eq!(gate.is_reached(), open);
        let expected = states.iter().filter(|n| **n != 2).count() + usize::from(!(go && grade == "A"));
        prop_assert_eq!(gate.unmet().count(), expected);
    }
}
