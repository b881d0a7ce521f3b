use std::collections::BTreeSet;

use keynode_proto::accounts::v1::DecisionMapAnalysis;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{
    Activity, ActivityState, CloseDateHistory, NextActionSettlement,
};
use keynode_proto::scoring::v1::{EvaluationResult, Severity};

use super::super::fixture::{Scene, new_lead, zhang};
use crate::detector::REGISTRY;

fn changed(scene: Scene, change: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = scene;
    change(&mut scene);
    scene
}

/// Scenes in which, together, every finding is made.
fn scenes() -> Vec<Scene> {
    vec![
        zhang(),
        changed(zhang(), |scene| {
            scene.people = DecisionMapAnalysis::default()
        }),
        changed(zhang(), |scene| scene.judge(EvaluationResult::NoGo, "D")),
        changed(zhang(), |scene| {
            scene.stand(4, 0, &[]);
            scene.facts.opportunity.forced_key_nodes = vec![1, 2, 3];
        }),
        changed(zhang(), |scene| {
            scene.stand(3, 2, &[]);
            scene.facts.opportunity.non_standard = Some(true);
        }),
        changed(zhang(), |scene| {
            let past = Some(Date {
                year: 2024,
                month: 6,
                day: 30,
            });
            scene.facts.opportunity.expected_close_date = past;
            let dossier = &mut scene.facts.dossier;
            dossier.stall_time = Some(prost_types::Timestamp::default());
            dossier.close_date_history = Some(CloseDateHistory {
                first_date: past,
                postponements: 2,
                postponed_days: 60,
                last_postpone_time: None,
            });
        }),
    ]
}

#[test]
fn every_detector_makes_a_finding() {
    let made: BTreeSet<String> = scenes().iter().flat_map(Scene::findings).collect();
    let ids = REGISTRY.iter().map(|detector| detector.id.to_owned());
    assert_eq!(made, ids.collect());
}

#[test]
fn every_text_is_filled_in_completely() {
    for finding in scenes().iter().flat_map(|scene| scene.diagnose().findings) {
        let text = finding.text.unwrap();
        assert_ne!(text.en, finding.code);
        for text in [text.zh_cn, text.en] {
            assert!(
                !text.contains("{{") && !text.contains(", ,") && !text.contains("  "),
                "{text}"
            );
        }
        assert!(!finding.rules.is_empty(), "{}", finding.code);
    }
}

#[test]
fn the_gravest_come_first() {
    for scene in scenes() {
        let severities: Vec<i32> = scene
            .diagnose()
            .findings
            .iter()
            .map(|finding| finding.severity)
            .collect();
        assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
    }
}

#[test]
fn a_new_lead_owes_nothing_yet() {
    let scene = new_lead();
    assert!(!scene.finds("key_node_missing") && !scene.finds("customer_ahead"));
    let not_evaluated = scene
        .diagnose()
        .findings
        .into_iter()
        .find(|f| f.code == "not_evaluated")
        .unwrap();
    assert_eq!(
        not_evaluated.severity(),
        Severity::Warning,
        "there is still time to evaluate"
    );
}

#[test]
fn too_little_known_to_judge_is_not_evaluated() {
    let scene = changed(zhang(), |scene| {
        scene.judge(EvaluationResult::InsufficientInformation, "");
        scene.evaluation.as_mut().unwrap().missing = vec!["elements/BUDGET".to_owned()];
    });
    let diagnosis = scene.diagnose();
    let finding = diagnosis
        .findings
        .iter()
        .find(|f| f.code == "not_evaluated")
        .unwrap();
    assert_eq!(finding.evidence, ["elements/BUDGET"]);
    assert!(
        !changed(zhang(), |scene| scene.judge(EvaluationResult::Go, "C")).finds("not_evaluated")
    );
}

#[test]
fn entering_late_matters_where_the_product_is_non_standard() {
    let entered = |step: i32, non_standard: Option<bool>| {
        changed(zhang(), |scene| {
            scene.facts.opportunity.entry_buying_step = step;
            scene.facts.opportunity.non_standard = non_standard;
        })
    };
    assert!(entered(2, Some(true)).finds("late_entry"));
    assert!(!entered(1, Some(true)).finds("late_entry"));
    assert!(
        !entered(0, Some(true)).finds("late_entry"),
        "an unknown step is no late one"
    );
    assert!(!entered(2, Some(false)).finds("late_entry"));
    assert!(!entered(2, None).finds("late_entry"));
}

#[test]
fn an_action_planned_from_today_on_is_a_next_action() {
    let planned = |day: i32| changed(zhang(), |scene| scene.plan(day)).finds("no_next_action");
    assert!(!planned(20) && !planned(31));
    assert!(planned(19), "it should have been done yesterday");
}

#[test]
fn what_is_settled_is_no_next_action_and_what_is_planned_is_one() {
    let settled = changed(zhang(), |scene| {
        scene.plan(31);
        let next = scene.facts.activities[0].next_action.as_mut().unwrap();
        next.settlement = Some(NextActionSettlement::default());
    });
    assert!(settled.finds("no_next_action"));
    let visit = |day: &str| {
        changed(zhang(), |scene| {
            let at: jiff::Timestamp = day.parse().unwrap();
            let plan = Activity {
                state: ActivityState::Planned.into(),
                plan_time: Some(keynode_kit::wire::timestamp(at)),
                ..Activity::default()
            };
            scene.facts.activities.insert(0, plan);
        })
    };
    assert!(!visit("2024-07-20T01:00:00Z").finds("no_next_action"));
    assert!(visit("2024-07-19T01:00:00Z").finds("no_next_action"));
}

#[test]
fn an_unreached_decision_maker_who_is_masked_is_spoken_of_in_both_languages() {
    let scene = changed(zhang(), |scene| {
        let manager = &mut scene.people.decision_makers[0];
        manager.display_name = "an insider in finance".to_owned();
        manager.masked_as = Some(LocalizedText {
            zh_cn: "财务部门的内线".to_owned(),
            en: "an insider in finance".to_owned(),
        });
    });
    let findings = scene.diagnose().findings;
    let finding = findings
        .iter()
        .find(|f| f.code == "no_path_to_decision_maker");
    let text = finding.unwrap().text.clone().unwrap();
    assert!(text.zh_cn.contains("财务部门的内线"), "{text:?}");
    assert!(!text.zh_cn.contains("insider"), "{text:?}");
    assert!(text.en.contains("an insider in finance"), "{text:?}");
}

#[test]
fn people_who_are_reached_are_no_finding() {
    let scene = changed(zhang(), Scene::reach_people);
    for code in [
        "no_coach",
        "decision_maker_unknown",
        "no_path_to_decision_maker",
        "uncovered_functions",
        "key_persons_not_met",
    ] {
        assert!(!scene.finds(code), "{code}");
    }
}

#[test]
fn work_that_customer_or_seller_left_behind_is_critical() {
    let severity = |scene: Scene| {
        let findings = scene.diagnose().findings;
        findings
            .into_iter()
            .find(|f| f.code == "no_coach")
            .unwrap()
            .severity()
    };
    assert_eq!(severity(zhang()), Severity::Warning);
    assert_eq!(
        severity(changed(zhang(), |scene| scene.stand(1, 3, &[]))),
        Severity::Critical
    );
    assert_eq!(
        severity(changed(zhang(), |scene| scene.stand(3, 0, &[]))),
        Severity::Critical
    );
}
