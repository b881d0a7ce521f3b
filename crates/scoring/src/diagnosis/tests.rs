use keynode_proto::pipeline::v1::{
    CriterionVerdict, Knowledge, OpportunityStatus, QualificationElement,
};
use keynode_proto::scoring::v1::{EvaluationResult, Outlook, Severity};
use prost::Message as _;

use super::fixture::{DEAL, MANAGER, Scene, new_lead, zhang};

#[test]
fn zhangs_customer_stands_in_step_two_which_entry_answers() {
    let alignment = zhang().diagnose().alignment.unwrap();
    assert_eq!(
        (alignment.buying_step, alignment.answering_stage.as_str()),
        (2, "entry")
    );
    assert_eq!(
        alignment.buying_step_name.unwrap().zh_cn,
        "供应商初步调查、筛选"
    );
    assert_eq!(
        (
            alignment.effective_stage.as_str(),
            alignment.effective_stage_position
        ),
        ("development", 1)
    );
    assert_eq!((alignment.lag, alignment.inflation), (Some(1), Some(0)));
}

#[test]
fn zhangs_first_key_node_is_missing_with_everything_it_asks_for() {
    let diagnosis = zhang().diagnose();
    assert_eq!(diagnosis.first_missing_key_node, 1);
    let unmet: Vec<&str> = diagnosis
        .unmet_criteria
        .iter()
        .map(|result| result.criterion.as_ref().unwrap().id.as_str())
        .collect();
    let expected = [
        "need_known",
        "timetable_known",
        "budget_known",
        "competition_known",
        "decision_process_known",
        "priority_criteria_known",
        "evaluation_passed",
    ];
    assert_eq!(unmet, expected);
    assert!(
        diagnosis
            .unmet_criteria
            .iter()
            .all(|result| result.verdict() == CriterionVerdict::Unmet)
    );
    let unknown: Vec<QualificationElement> = diagnosis.unknown_elements().collect();
    use QualificationElement::{
        Budget, Competition, DecisionProcess, Need, PriorityCriteria, Timetable,
    };
    assert_eq!(unknown, [Need, Budget, DecisionProcess, PriorityCriteria]);
    assert_eq!(
        diagnosis.partial_elements().collect::<Vec<_>>(),
        [Timetable, Competition]
    );
    assert!(!diagnosis.may_advance);
}

#[test]
fn zhangs_findings_are_those_of_the_essay_gravest_first() {
    let expected = [
        "key_node_missing",
        "customer_ahead",
        "elements_unknown",
        "not_evaluated",
        "no_coach",
        "no_path_to_decision_maker",
        "uncovered_functions",
        "key_persons_not_met",
        "no_next_action",
    ];
    assert_eq!(zhang().findings(), expected);
    let diagnosis = zhang().diagnose();
    let critical = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Critical);
    assert_eq!(
        critical.count(),
        4,
        "what stage one owes comes before the work of stage two"
    );
    let evidence = |code: &str| {
        &diagnosis
            .findings
            .iter()
            .find(|finding| finding.code == code)
            .unwrap()
            .evidence
    };
    assert!(
        evidence("uncovered_functions").contains(&"PURCHASING".to_owned()),
        "the commercial department"
    );
    assert_eq!(evidence("no_path_to_decision_maker"), &[MANAGER.to_owned()]);
}

#[test]
fn zhang_is_advised_to_make_up_stage_one_first() {
    let expected = [
        ("collect_elements", "development"),
        ("evaluate", "development"),
        ("give_up_or_lower_contact", "development"),
        ("find_coach", "entry"),
        ("open_path", "entry"),
        ("cover_functions", "entry"),
        ("set_next_action", "development"),
    ];
    let diagnosis = zhang().diagnose();
    let advice: Vec<(&str, &str)> = diagnosis
        .advice
        .iter()
        .map(|advice| (advice.code.as_str(), advice.stage.as_str()))
        .collect();
    assert_eq!(advice, expected);
    assert_eq!(diagnosis.advice[0].targets.len(), 6);
}

#[test]
fn zhangs_chance_is_very_small() {
    let diagnosis = zhang().diagnose();
    assert_eq!(diagnosis.outlook(), Outlook::VeryLow);
    assert!(diagnosis.outlook_text.unwrap().zh_cn.contains("很小"));
}

#[test]
fn zhang_who_claims_entry_by_force_is_told_the_same_and_that_it_was_forced() {
    let mut scene = zhang();
    scene.stand(2, 2, &[]);
    scene.facts.opportunity.forced_key_nodes = vec![1];
    assert!(scene.finds("forced_advance"));
    assert_eq!(scene.advice(), zhang().advice());
    assert_eq!(scene.diagnose().first_missing_key_node, 1);
}

#[test]
fn zhang_who_made_up_stage_one_advances_into_entry() {
    let mut scene = zhang();
    scene.know_everything();
    scene.judge(EvaluationResult::Go, "B");
    let diagnosis = scene.diagnose();
    assert!(diagnosis.may_advance);
    assert_eq!(
        scene.advice(),
        [
            "advance",
            "find_coach",
            "open_path",
            "cover_functions",
            "set_next_action"
        ]
    );
    let basis = diagnosis.basis.unwrap();
    assert_eq!(
        (
            basis.opportunity_version,
            basis.decision_map_version,
            basis.evaluation_model_version
        ),
        (12, 7, 3)
    );
}

#[test]
fn a_forced_stage_is_not_advanced_before_the_debt_is_paid() {
    let mut scene = zhang();
    scene.reach_people();
    scene.stand(2, 2, &[]);
    assert!(
        !scene.diagnose().may_advance,
        "its own key node is reached, but an earlier one is owed"
    );
    scene.stand(2, 2, &[1]);
    assert!(scene.diagnose().may_advance);
}

/// Left by force, and then everything was made up that the stage asks for.
fn made_up() -> Scene {
    let mut scene = zhang();
    scene.stand(2, 2, &[]);
    scene.facts.opportunity.forced_key_nodes = vec![1];
    scene.know_everything();
    scene.judge(EvaluationResult::Go, "A");
    scene
}

#[test]
fn a_key_node_that_the_facts_reach_is_not_missing_though_not_completed() {
    let diagnosis = made_up().diagnose();
    assert_eq!(diagnosis.first_missing_key_node, 2);
    assert_eq!(
        diagnosis.unmet_criteria.len(),
        3,
        "what the second one asks for"
    );
    let alignment = diagnosis.alignment.clone().unwrap();
    assert_eq!(
        (
            alignment.effective_stage_position,
            alignment.effective_stage.as_str(),
            alignment.lag
        ),
        (2, "entry", Some(0))
    );
    assert_eq!(diagnosis.outlook(), Outlook::Good);
    for code in ["key_node_missing", "customer_ahead", "forced_advance"] {
        assert!(!made_up().finds(code), "{code}");
    }
    assert!(!diagnosis.may_advance);
    let advance = diagnosis.advice.iter().find(|a| a.code == "advance");
    let advance = advance.expect("the next advance completes it");
    assert_eq!(advance.targets, ["development"]);
    assert!(advance.text.as_ref().unwrap().en.contains("Development"));
    assert_ne!(diagnosis.advice[0].code, "advance", "the work comes first");
}

#[test]
fn what_was_made_up_does_not_hold_an_advance_up() {
    let mut scene = made_up();
    scene.reach_people();
    let diagnosis = scene.diagnose();
    assert!(diagnosis.may_advance);
    assert_eq!(diagnosis.first_missing_key_node, 3);
    assert_eq!(diagnosis.advice[0].code, "advance");
    assert_eq!(scene.advice().iter().filter(|c| *c == "advance").count(), 1);
}

#[test]
fn a_key_node_that_nobody_can_decide_is_missing() {
    let mut scene = made_up();
    scene.facts.gates.remove(0);
    assert_eq!(scene.diagnose().first_missing_key_node, 1);
    assert!(scene.finds("forced_advance"));
}

#[test]
fn closed_deals_are_told_apart_and_advised_nothing() {
    use OpportunityStatus::{Abandoned, Completed, Lost, Won};
    let mut texts = std::collections::HashSet::new();
    for status in [Won, Completed, Lost, Abandoned] {
        let mut scene = zhang();
        scene.facts.opportunity.set_status(status);
        let diagnosis = scene.diagnose();
        assert!(
            diagnosis.advice.is_empty() && diagnosis.findings.is_empty(),
            "{status:?}"
        );
        assert_eq!(diagnosis.outlook(), Outlook::Unspecified);
        assert!(!diagnosis.may_advance, "{status:?}");
        texts.insert(diagnosis.outlook_text.unwrap().en);
    }
    assert_eq!(texts.len(), 4);
}

#[test]
fn a_won_deal_may_go_on_to_its_delivery() {
    let mut scene = zhang();
    scene.facts.opportunity.set_status(OpportunityStatus::Won);
    scene.stand(2, 2, &[1]);
    scene.reach_people();
    assert!(scene.diagnose().may_advance);
}

#[test]
fn outlooks_follow_the_customer() {
    let mut scene = new_lead();
    assert_eq!(
        scene.diagnose().outlook(),
        Outlook::Open,
        "in step, but nothing is known"
    );
    scene.know_everything();
    scene.judge(EvaluationResult::Go, "A");
    assert_eq!(scene.diagnose().outlook(), Outlook::Good);
    scene.stand(2, 2, &[1]);
    assert_eq!(
        scene.diagnose().outlook(),
        Outlook::Good,
        "the coach may still be found"
    );
    scene.stand(2, 3, &[1]);
    assert_eq!(scene.diagnose().outlook(), Outlook::Low);
    scene.stand(1, 3, &[]);
    assert_eq!(
        scene.diagnose().outlook(),
        Outlook::Low,
        "the first key node is reached, though we did not advance"
    );
    let mut idle = new_lead();
    idle.stand(1, 3, &[]);
    assert_eq!(idle.diagnose().outlook(), Outlook::VeryLow);
    scene.stand(1, 0, &[]);
    assert_eq!(scene.diagnose().outlook(), Outlook::Unspecified);
}

#[test]
fn when_nothing_is_missing_the_effective_stage_is_after_the_last() {
    let mut scene = zhang();
    scene.stand(6, 6, &[1, 2, 3, 4, 5, 6]);
    let diagnosis = scene.diagnose();
    assert_eq!(
        (
            diagnosis.first_missing_key_node,
            diagnosis.unmet_criteria.len()
        ),
        (0, 0)
    );
    let alignment = diagnosis.alignment.unwrap();
    assert_eq!(
        (
            alignment.effective_stage.as_str(),
            alignment.effective_stage_position
        ),
        ("", 7)
    );
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    assert_eq!(
        zhang().diagnose().encode_to_vec(),
        zhang().diagnose().encode_to_vec()
    );
}

#[test]
fn a_deal_of_which_nothing_is_recorded_is_diagnosed_all_the_same() {
    let facts = crate::peers::Facts::default();
    let diagnosis = super::diagnose(&crate::case::Case::new(
        &facts,
        &Default::default(),
        None,
        jiff::Timestamp::UNIX_EPOCH,
    ));
    assert_eq!(diagnosis.unknown_elements.len(), 6);
    assert!(!diagnosis.may_advance);
}

#[test]
fn it_names_the_deal_and_the_time() {
    let diagnosis = zhang().diagnose();
    assert_eq!(diagnosis.opportunity, DEAL);
    assert_eq!(diagnosis.as_of.unwrap().seconds, 1_721_462_400);
    let mut scene = zhang();
    scene.know(QualificationElement::Need, Knowledge::Known);
    assert_eq!(scene.diagnose().unknown_elements.len(), 3);
}
