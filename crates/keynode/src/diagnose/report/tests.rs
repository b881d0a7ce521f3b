use keynode_proto::accounts::v1::{
    DecisionMakerReach, DecisionMap, Function, InfluencePath, Stakeholder,
};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::{Criterion, CriterionResult, KeyNode, Opportunity, Process};
use keynode_proto::scoring::v1::{Diagnosis, Outlook};

use super::*;

fn text(zh_cn: &str, en: &str) -> Option<LocalizedText> {
    Some(LocalizedText {
        zh_cn: zh_cn.into(),
        en: en.into(),
    })
}

/// A deal whose customer is a step ahead of us.
fn case() -> Case {
    let key_node = Some(KeyNode {
        display_name: text("评估和分级", "evaluated and graded"),
        ..KeyNode::default()
    });
    let development = Stage {
        id: "development".into(),
        position: 1,
        display_name: text("开发阶段", "Development"),
        key_node,
        ..Stage::default()
    };
    let entry = Stage {
        id: "entry".into(),
        position: 2,
        display_name: text("销售进入阶段", "Entry"),
        ..Stage::default()
    };
    let criterion = Some(Criterion {
        explanation: text("明确客户的需求", "the need is known"),
        ..Criterion::default()
    });
    let people = DecisionMapAnalysis {
        decision_maker_known: true,
        decision_makers: vec![DecisionMakerReach {
            display_name: "项目经理".into(),
            ..Default::default()
        }],
        supporters: vec!["contacts/1".into()],
        uncovered_functions: vec![Function::Purchasing.into()],
        ..DecisionMapAnalysis::default()
    };
    let alignment = Alignment {
        buying_step: 2,
        buying_step_name: text("供应商初步调查、筛选", "Supplier survey"),
        answering_stage: "entry".into(),
        stage: "development".into(),
        stage_position: 1,
        effective_stage: "development".into(),
        effective_stage_position: 1,
        lag: Some(1),
        inflation: Some(0),
    };
    Case {
        opportunity: Opportunity {
            display_name: "宁夏".into(),
            status: OpportunityStatus::Open.into(),
            ..Opportunity::default()
        },
        process: Process {
            stages: vec![development, entry],
            ..Process::default()
        },
        map: DecisionMap {
            stakeholders: vec![Stakeholder {
                contact: "contacts/1".into(),
                display_name: "设计院负责人".into(),
                ..Default::default()
            }],
            ..DecisionMap::default()
        },
        diagnosis: Diagnosis {
            alignment: Some(alignment),
            first_missing_key_node: 1,
            unmet_criteria: vec![CriterionResult {
                criterion,
                ..CriterionResult::default()
            }],
            unknown_elements: vec![
                QualificationElement::Need.into(),
                QualificationElement::Budget.into(),
            ],
            people: Some(people),
            outlook: Outlook::VeryLow.into(),
            ..Diagnosis::default()
        },
    }
}

#[test]
fn the_page_says_where_both_stand_and_what_comes_first() {
    let page = of(&case(), Language::Zh);
    for expected in [
        "客户:采购流程第 2 步“供应商初步调查、筛选”,对应我方“销售进入阶段”\n",
        "我方:第 1 阶段“开发阶段”\n",
        "客户领先我方已到达的关键节点 1 步\n",
        "结论:不要推进\n",
        "首先补上第 1 阶段的关键节点“评估和分级”:\n  ✗ 明确客户的需求\n",
        "未知的要素:需求、预算\n",
        "评估:从未评估和分级\n",
        "人员:没有内线\n  决策者 项目经理:没有影响路径\n  支持者:设计院负责人\n  无人接触的职能:采购/商务\n",
        "前景:很小很小",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
}

#[test]
fn the_english_page_is_english_throughout_but_for_names() {
    let page = of(&case(), Language::En);
    assert!(
        page.contains("Verdict: do not advance\n") && page.contains("  ✗ the need is known\n"),
        "{page}"
    );
    assert!(!page.contains("阶段"), "{page}");
}

#[test]
fn a_way_to_a_decision_maker_is_shown_by_its_people() {
    let mut case = case();
    let path = InfluencePath {
        contacts: vec!["contacts/1".into(), "contacts/9".into()],
        ..InfluencePath::default()
    };
    case.diagnosis.people.as_mut().unwrap().decision_makers[0].path = Some(path);
    assert!(of(&case, Language::En).contains("reached by 设计院负责人 → contacts/9"));
}

/// A decision maker and a supporter who are insiders, as a diagnosis names them.
fn case_with_insiders(map: DecisionMap) -> Case {
    let mut case = case();
    let people = case.diagnosis.people.as_mut().unwrap();
    people.supporters = vec!["insiders/2".into()];
    people.decision_makers = vec![DecisionMakerReach {
        contact: "insiders/1".into(),
        display_name: "an insider".into(),
        masked_as: text("内线", "an insider"),
        ..Default::default()
    }];
    Case { map, ..case }
}

#[test]
fn insiders_are_named_to_who_may_know_them_and_spoken_of_to_others() {
    let insider = |number: i32, name: &str| Stakeholder {
        contact: format!("contacts/{number}"),
        display_name: name.into(),
        insider: format!("insiders/{number}"),
        ..Stakeholder::default()
    };
    let known = DecisionMap {
        stakeholders: vec![insider(1, "王总"), insider(2, "李工")],
        ..DecisionMap::default()
    };
    let page = of(&case_with_insiders(known), Language::Zh);
    assert!(
        page.contains("决策者 王总") && page.contains("支持者:李工"),
        "{page}"
    );

    let masked = |number: i32| Stakeholder {
        contact: format!("insiders/{number}"),
        insider: format!("insiders/{number}"),
        masked: true,
        masked_as: text("财务部门的内线", "an insider in finance"),
        ..Stakeholder::default()
    };
    let hidden = DecisionMap {
        stakeholders: vec![masked(2)],
        ..DecisionMap::default()
    };
    let page = of(&case_with_insiders(hidden), Language::Zh);
    assert!(
        page.contains("决策者 内线") && page.contains("支持者:财务部门的内线"),
        "{page}"
    );
}

#[test]
fn a_deal_whose_key_node_is_reached_may_go_on() {
    let mut case = case();
    case.diagnosis.may_advance = true;
    case.diagnosis.first_missing_key_node = 0;
    let page = of(&case, Language::En);
    assert!(
        page.contains("go on") && !page.contains("First make up"),
        "{page}"
    );
}
