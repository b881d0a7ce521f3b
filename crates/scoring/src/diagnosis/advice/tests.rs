use std::collections::BTreeSet;

use keynode_proto::scoring::v1::EvaluationResult;

use super::super::fixture::{DESIGNER, MANAGER, Scene, new_lead, zhang};
use crate::texts::codes;

fn changed(scene: Scene, change: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = scene;
    change(&mut scene);
    scene
}

fn ready(grade: &str) -> Scene {
    changed(zhang(), |scene| {
        scene.know_everything();
        scene.judge(EvaluationResult::Go, grade);
    })
}

/// Scenes in which, together, everything is advised.
fn scenes() -> Vec<Scene> {
    vec![
        zhang(),
        ready("A"),
        changed(new_lead(), |scene| scene.stand(3, 0, &[1, 2])),
        changed(zhang(), |scene| scene.judge(EvaluationResult::NoGo, "D")),
    ]
}

#[test]
fn all_advice_has_a_text_and_every_text_is_advised() {
    let given: BTreeSet<String> = scenes().iter().flat_map(Scene::advice).collect();
    assert_eq!(given, codes("advice").into_iter().collect());
    for advice in scenes().iter().flat_map(|scene| scene.diagnose().advice) {
        let text = advice.text.unwrap();
        assert_ne!(text.en, advice.code);
        assert!(
            !text.en.contains("{{") && !text.zh_cn.contains("{{") && !text.en.contains("  "),
            "{}",
            text.en
        );
    }
}

#[test]
fn a_no_go_needs_a_decision_and_no_more_work() {
    let scene = changed(zhang(), |scene| scene.judge(EvaluationResult::NoGo, "D"));
    assert_eq!(scene.advice(), ["give_up_or_lower_contact"]);
    let decided = &scene.diagnose().advice[0];
    assert_eq!(decided.targets.len(), 1, "the evaluation is named");
    assert_ne!(
        decided.text,
        zhang().diagnose().advice[2].text,
        "what is decided reads otherwise than what may be"
    );
}

#[test]
fn the_work_of_a_stage_ahead_of_both_is_not_advised() {
    let scene = new_lead();
    assert_eq!(
        scene.advice(),
        [
            "collect_elements",
            "evaluate",
            "give_up_or_lower_contact",
            "set_next_action"
        ]
    );
}

#[test]
fn a_grade_that_may_not_go_on_is_a_matter_of_the_key_node() {
    let advice = ready("C").diagnose().advice;
    assert!(!ready("C").advises("evaluate") && !ready("C").advises("advance"));
    let reach = advice
        .iter()
        .find(|advice| advice.code == "reach_key_node")
        .unwrap();
    assert_eq!(reach.targets, ["evaluation_passed"]);
}

#[test]
fn missing_evidence_is_named() {
    let scene = changed(ready("A"), |scene| {
        scene.reach_people();
        scene.stand(3, 3, &[1, 2]);
        scene.plan(31);
    });
    assert_eq!(scene.advice(), ["reach_key_node"]);
    let advice = &scene.diagnose().advice[0];
    assert_eq!(
        (advice.stage.as_str(), &advice.targets[..]),
        ("proposal", &["evidence_3".to_owned()][..])
    );
}

#[test]
fn an_unknown_buying_step_is_confirmed_first() {
    let scene = changed(zhang(), |scene| scene.stand(1, 0, &[]));
    assert_eq!(scene.advice()[0], "confirm_buying_step");
}

#[test]
fn functions_and_key_persons_are_named_to_be_met() {
    let advice = zhang().diagnose().advice;
    let cover = advice
        .iter()
        .find(|advice| advice.code == "cover_functions")
        .unwrap();
    assert_eq!(cover.targets, ["FINANCE", "PURCHASING", MANAGER]);
    let open = advice
        .iter()
        .find(|advice| advice.code == "open_path")
        .unwrap();
    assert_eq!(open.targets, [MANAGER]);
    assert!(
        !open.targets.contains(&DESIGNER.to_owned()),
        "a supporter needs no path"
    );
}
