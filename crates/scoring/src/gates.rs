//! Decides the criteria that rest on facts of other services, which the pipeline did not
//! fetch. What is unknown meets nothing.

use keynode_proto::accounts::v1::DecisionMapAnalysis;
use keynode_proto::pipeline::v1::{
    Criterion, CriterionKind, CriterionResult, CriterionVerdict, GateResult,
};
use keynode_proto::scoring::v1::{Evaluation, EvaluationResult};

/// Whether a criterion is met, and what was seen.
type Seen = (bool, String);

/// The gates with every verdict decided.
pub(crate) fn decide(
    gates: &[GateResult],
    people: &DecisionMapAnalysis,
    evaluation: Option<&Evaluation>,
) -> Vec<GateResult> {
    let decide_one = |gate: &GateResult| {
        let criteria = gate
            .criteria
            .iter()
            .map(|result| decide_criterion(result, people, evaluation));
        let criteria: Vec<CriterionResult> = criteria.collect();
        GateResult {
            reached: criteria.iter().all(permits),
            criteria,
            ..gate.clone()
        }
    };
    gates.iter().map(decide_one).collect()
}

fn permits(result: &CriterionResult) -> bool {
    let required = result
        .criterion
        .as_ref()
        .is_some_and(|criterion| criterion.required);
    !required || result.verdict() == CriterionVerdict::Met
}

fn decide_criterion(
    result: &CriterionResult,
    people: &DecisionMapAnalysis,
    evaluation: Option<&Evaluation>,
) -> CriterionResult {
    let (CriterionVerdict::NotFetched, Some(criterion)) = (result.verdict(), &result.criterion)
    else {
        return result.clone();
    };
    let (met, observed) = match criterion.kind() {
        CriterionKind::EvaluationPassed => see_evaluation(criterion, evaluation),
        CriterionKind::CoachPresent => see_coach(people),
        CriterionKind::DecisionMakersReached => see_decision_makers(people),
        CriterionKind::KeyPersonsMet => see_key_persons(people),
        _ => (
            false,
            "this release does not know the kind of this criterion".to_owned(),
        ),
    };
    let verdict = if met {
        CriterionVerdict::Met
    } else {
        CriterionVerdict::Unmet
    };
    CriterionResult {
        verdict: verdict.into(),
        observed,
        ..result.clone()
    }
}

fn see_evaluation(criterion: &Criterion, evaluation: Option<&Evaluation>) -> Seen {
    let Some(evaluation) = evaluation else {
        return (false, "never evaluated".to_owned());
    };
    let grade = &evaluation.grade;
    match evaluation.result() {
        EvaluationResult::Go if criterion.grades.is_empty() || criterion.grades.contains(grade) => {
            (true, format!("the evaluation says GO, grade {grade}"))
        }
        EvaluationResult::Go => (
            false,
            format!("grade {grade} is none of {}", criterion.grades.join(", ")),
        ),
        EvaluationResult::NoGo => (false, "the evaluation says NO_GO".to_owned()),
        _ => (
            false,
            format!(
                "too little is known to judge: {}",
                evaluation.missing.join(", ")
            ),
        ),
    }
}

fn see_coach(people: &DecisionMapAnalysis) -> Seen {
    let observed = if people.has_coach {
        "the map names a coach"
    } else {
        "the map names no coach"
    };
    (people.has_coach, observed.to_owned())
}

fn see_decision_makers(people: &DecisionMapAnalysis) -> Seen {
    let makers = &people.decision_makers;
    let reached = makers.iter().filter(|maker| maker.path.is_some()).count();
    match people.decision_maker_known {
        true => (
            reached == makers.len(),
            format!("{reached} of {} decision makers are reached", makers.len()),
        ),
        false => (false, "the map names no decision maker".to_owned()),
    }
}

/// Nobody unmet is no comfort while nobody is named: weights or decision makers show
/// that key persons are.
fn see_key_persons(people: &DecisionMapAnalysis) -> Seen {
    let named = people.decision_maker_known || people.unknown_weight < 100;
    let unmet = people.key_persons_without_contact.len();
    match (named, unmet) {
        (false, _) => (false, "the map names no key person".to_owned()),
        (true, 0) => (true, "every key person was met".to_owned()),
        (true, unmet) => (false, format!("{unmet} key persons were never met")),
    }
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{DecisionMakerReach, InfluencePath};

    use super::*;

    fn decided(
        kind: CriterionKind,
        people: &DecisionMapAnalysis,
        evaluation: Option<&Evaluation>,
    ) -> bool {
        let criterion = Criterion {
            kind: kind.into(),
            required: true,
            grades: vec!["A".into(), "B".into()],
            ..Criterion::default()
        };
        let result = CriterionResult {
            criterion: Some(criterion),
            verdict: CriterionVerdict::NotFetched.into(),
            ..CriterionResult::default()
        };
        let gate = GateResult {
            criteria: vec![result],
            ..GateResult::default()
        };
        let decided = decide(&[gate], people, evaluation).remove(0);
        assert_eq!(
            decided.reached,
            decided.criteria[0].verdict() == CriterionVerdict::Met
        );
        assert!(!decided.criteria[0].observed.is_empty());
        decided.reached
    }

    fn judged(result: EvaluationResult, grade: &str) -> Evaluation {
        Evaluation {
            result: result.into(),
            grade: grade.to_owned(),
            ..Evaluation::default()
        }
    }

    fn nobody() -> DecisionMapAnalysis {
        DecisionMapAnalysis {
            unknown_weight: 100,
            ..DecisionMapAnalysis::default()
        }
    }

    #[test]
    fn only_go_in_a_permitted_grade_is_passed() {
        let passes = |evaluation: Option<&Evaluation>| {
            decided(CriterionKind::EvaluationPassed, &nobody(), evaluation)
        };
        assert!(passes(Some(&judged(EvaluationResult::Go, "B"))));
        assert!(!passes(Some(&judged(EvaluationResult::Go, "C"))));
        assert!(!passes(Some(&judged(EvaluationResult::NoGo, "A"))));
        assert!(!passes(Some(&judged(
            EvaluationResult::InsufficientInformation,
            ""
        ))));
        assert!(!passes(None));
    }

    #[test]
    fn an_empty_map_meets_nothing() {
        for kind in [
            CriterionKind::CoachPresent,
            CriterionKind::DecisionMakersReached,
            CriterionKind::KeyPersonsMet,
        ] {
            assert!(!decided(kind, &nobody(), None), "{kind:?}");
        }
    }

    #[test]
    fn every_decision_maker_needs_a_way() {
        let reached = DecisionMakerReach {
            path: Some(InfluencePath::default()),
            ..DecisionMakerReach::default()
        };
        let mut people = nobody();
        people.decision_maker_known = true;
        people.decision_makers = vec![reached.clone()];
        assert!(decided(CriterionKind::DecisionMakersReached, &people, None));
        people.decision_makers = vec![reached, DecisionMakerReach::default()];
        assert!(!decided(
            CriterionKind::DecisionMakersReached,
            &people,
            None
        ));
    }

    #[test]
    fn every_key_person_who_is_named_must_be_met() {
        let mut people = nobody();
        people.unknown_weight = 40;
        assert!(decided(CriterionKind::KeyPersonsMet, &people, None));
        people.key_persons_without_contact = vec!["contacts/a".to_owned()];
        assert!(!decided(CriterionKind::KeyPersonsMet, &people, None));
    }

    #[test]
    fn what_the_pipeline_decided_stays() {
        let met = CriterionResult {
            criterion: Some(Criterion {
                kind: CriterionKind::CoachPresent.into(),
                required: true,
                ..Criterion::default()
            }),
            verdict: CriterionVerdict::Met.into(),
            observed: "seen by the pipeline".to_owned(),
        };
        let gate = GateResult {
            criteria: vec![met.clone()],
            ..GateResult::default()
        };
        assert_eq!(decide(&[gate], &nobody(), None)[0].criteria, [met]);
    }

    #[test]
    fn an_optional_criterion_holds_nothing_up() {
        let optional = CriterionResult {
            criterion: Some(Criterion {
                kind: CriterionKind::CoachPresent.into(),
                ..Criterion::default()
            }),
            verdict: CriterionVerdict::NotFetched.into(),
            ..CriterionResult::default()
        };
        let gate = GateResult {
            criteria: vec![optional],
            ..GateResult::default()
        };
        assert!(decide(&[gate], &nobody(), None)[0].reached);
    }
}
