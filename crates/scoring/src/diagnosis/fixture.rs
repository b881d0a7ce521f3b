//! A deal of the industrial key-account process, for the tests of the diagnosis.

use jiff::Timestamp;
use keynode_proto::accounts::v1::{
    DecisionMakerReach, DecisionMapAnalysis, Function, InfluencePath,
};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{
    Activity, BuyingStepState, Criterion, CriterionKind, CriterionResult, CriterionVerdict,
    ElementState, GateResult, KeyNode, Knowledge, NextAction, Opportunity, OpportunityStatus,
    Process, QualificationElement, Stage,
};
use keynode_proto::scoring::v1::{Diagnosis, Evaluation, EvaluationResult};

use super::diagnose;
use crate::case::Case;
use crate::detector::{self, Detector, Policy, Seen, Verdict};
use crate::elements::{self, ELEMENTS};
use crate::peers::Facts;

pub const DEAL: &str = "opportunities/0190b5a0-0000-7000-8000-000000000001";
pub const MANAGER: &str = "contacts/0190b5a0-0000-7000-8000-00000000000a";
pub const DESIGNER: &str = "contacts/0190b5a0-0000-7000-8000-00000000000d";

/// What a diagnosis is made of.
#[derive(Clone)]
pub struct Scene {
    pub facts: Facts,
    pub people: DecisionMapAnalysis,
    pub evaluation: Option<Evaluation>,
}

impl Scene {
    pub fn diagnose(&self) -> Diagnosis {
        diagnose(&self.case())
    }

    pub fn case(&self) -> Case<'_> {
        let now: Timestamp = "2024-07-20T08:00:00Z".parse().unwrap();
        Case::new(&self.facts, &self.people, self.evaluation.as_ref(), now)
    }

    /// What every detector says, by its defaults.
    pub fn seen(&self) -> Vec<Seen> {
        detector::detect(&self.case(), Policy::of)
    }

    pub fn detect(&self, detector: &Detector, policy: Policy) -> Verdict {
        (detector.detect)(&self.case(), &policy)
    }

    pub fn findings(&self) -> Vec<String> {
        self.diagnose()
            .findings
            .into_iter()
            .map(|finding| finding.code)
            .collect()
    }

    pub fn advice(&self) -> Vec<String> {
        self.diagnose()
            .advice
            .into_iter()
            .map(|advice| advice.code)
            .collect()
    }

    pub fn finds(&self, code: &str) -> bool {
        self.findings().iter().any(|found| found == code)
    }

    pub fn advises(&self, code: &str) -> bool {
        self.advice().iter().any(|advised| advised == code)
    }

    /// Moves the deal: what the pipeline would record and compute.
    pub fn stand(&mut self, stage: i32, buying_step: i32, completed: &[i32]) {
        let deal = &mut self.facts.opportunity;
        deal.stage_position = stage;
        deal.stage = STAGES[position_index(stage)].0.to_owned();
        deal.completed_key_nodes = completed.to_vec();
        deal.buying_step = Some(BuyingStepState {
            step: buying_step,
            ..BuyingStepState::default()
        });
        let consecutive = (1..)
            .take_while(|position| completed.contains(position))
            .count();
        let known = buying_step > 0;
        deal.lag = known.then(|| (buying_step - 1 - i32::try_from(consecutive).unwrap()).max(0));
        deal.inflation = known.then(|| (stage - buying_step).max(0));
    }

    pub fn know(&mut self, element: QualificationElement, knowledge: Knowledge) {
        let elements = &mut self.facts.opportunity.elements;
        let state = elements
            .iter_mut()
            .find(|state| state.element() == element)
            .unwrap();
        state.set_knowledge(knowledge);
        self.facts.gates = gates(&self.facts.opportunity.elements);
    }

    pub fn know_everything(&mut self) {
        ELEMENTS
            .into_iter()
            .for_each(|element| self.know(element, Knowledge::Known));
    }

    pub fn judge(&mut self, result: EvaluationResult, grade: &str) {
        self.evaluation = Some(Evaluation {
            name: format!("{DEAL}/evaluations/0190b5a0-0000-7000-8000-0000000000ee"),
            result: result.into(),
            grade: grade.to_owned(),
            model_version: 3,
            ..Evaluation::default()
        });
    }

    pub fn plan(&mut self, day: i32) {
        let due_date = Some(Date {
            year: 2024,
            month: 7,
            day,
        });
        let next = NextAction {
            description: "拜访商务部门".to_owned(),
            due_date,
            ..NextAction::default()
        };
        self.facts.activities[0].next_action = Some(next);
    }

    /// A coach, and the manager reached through somebody on our side.
    pub fn reach_people(&mut self) {
        self.people = DecisionMapAnalysis {
            map: format!("{DEAL}/decisionMap"),
            map_version: 9,
            has_coach: true,
            decision_maker_known: true,
            decision_makers: vec![DecisionMakerReach {
                contact: MANAGER.to_owned(),
                display_name: "项目经理".to_owned(),
                path: Some(InfluencePath {
                    strength: 0.5,
                    ..InfluencePath::default()
                }),
                ..DecisionMakerReach::default()
            }],
            ..DecisionMapAnalysis::default()
        };
    }
}

/// The case of the first essay as somebody would record it: learned of in July, documents
/// left with A, a deputy manager met, the manager hung up, the design institute willing,
/// the commercial department never contacted, the tender expected in November.
pub fn zhang() -> Scene {
    let mut scene = Scene {
        facts: facts(),
        people: zhangs_people(),
        evaluation: None,
    };
    scene.stand(1, 2, &[]);
    scene.know(QualificationElement::Timetable, Knowledge::Partial);
    scene.know(QualificationElement::Competition, Knowledge::Partial);
    scene
}

/// A new lead in step with its customer: nothing is owed, nothing done.
pub fn new_lead() -> Scene {
    let mut scene = zhang();
    scene.facts.activities.clear();
    scene.people = DecisionMapAnalysis {
        unknown_weight: 100,
        ..DecisionMapAnalysis::default()
    };
    scene.stand(1, 1, &[]);
    scene
}

fn zhangs_people() -> DecisionMapAnalysis {
    let manager = DecisionMakerReach {
        contact: MANAGER.to_owned(),
        display_name: "项目经理".to_owned(),
        ..DecisionMakerReach::default()
    };
    DecisionMapAnalysis {
        map: format!("{DEAL}/decisionMap"),
        map_version: 7,
        decision_makers: vec![manager],
        decision_maker_known: true,
        supporters: vec![DESIGNER.to_owned()],
        key_persons_without_contact: vec![MANAGER.to_owned()],
        uncovered_functions: vec![Function::Finance.into(), Function::Purchasing.into()],
        unknown_weight: 100,
        ..DecisionMapAnalysis::default()
    }
}

fn facts() -> Facts {
    let elements = ELEMENTS.map(|element| ElementState {
        element: element.into(),
        ..ElementState::default()
    });
    Facts {
        gates: gates(&elements),
        opportunity: Opportunity {
            name: DEAL.to_owned(),
            etag: "12".to_owned(),
            display_name: "宁夏仪表项目".to_owned(),
            product: "工业设备用仪表".to_owned(),
            process: "processes/industrial-key-account".to_owned(),
            process_version: 1,
            status: OpportunityStatus::Open.into(),
            entry_buying_step: 2,
            competitors: vec!["三家公司".to_owned()],
            elements: elements.to_vec(),
            ..Opportunity::default()
        },
        process: Process {
            stages: (1..=6).map(stage).collect(),
            ..Process::default()
        },
        activities: vec![
            visit(3, "拜访副经理", "让把资料给仪表的人"),
            visit(2, "给项目经理打电话", "没听完就挂了"),
            visit(1, "拜访仪表负责人A", "放下资料,没有机会深入接触"),
        ],
        dossier: Default::default(),
    }
}

fn visit(number: i32, purpose: &str, outcome: &str) -> Activity {
    Activity {
        name: format!("{DEAL}/activities/0190b5a0-0000-7000-8000-0000000000a{number}"),
        purpose: purpose.to_owned(),
        outcome: outcome.to_owned(),
        ..Activity::default()
    }
}

/// Id, name and buying step of each stage.
const STAGES: [(&str, &str, &str, &str); 6] = [
    ("development", "开发", "Development", "内部需求和立项"),
    ("entry", "销售进入", "Entry", "供应商初步调查、筛选"),
    ("proposal", "提案", "Proposal", "制定采购指标"),
    ("bid", "投标", "Bid", "招标、评标"),
    ("negotiation", "商务谈判", "Negotiation", "购买承诺"),
    ("implementation", "工程实施", "Implementation", "安装实施"),
];

fn position_index(position: i32) -> usize {
    usize::try_from(position - 1).unwrap()
}

fn stage(position: i32) -> Stage {
    let (id, zh_cn, en, step) = STAGES[position_index(position)];
    let text = |zh_cn: &str, en: &str| {
        Some(LocalizedText {
            zh_cn: zh_cn.to_owned(),
            en: en.to_owned(),
        })
    };
    Stage {
        id: id.to_owned(),
        position,
        display_name: text(zh_cn, en),
        buying_step: text(step, &format!("buying step {position}")),
        key_node: Some(KeyNode {
            display_name: text(zh_cn, en),
            criteria: criteria(position),
            work_share_percent: 0,
        }),
        wins: position == 5,
        ..Stage::default()
    }
}

fn criteria(position: i32) -> Vec<Criterion> {
    match position {
        1 => {
            let mut criteria: Vec<Criterion> = ELEMENTS.into_iter().map(element_known).collect();
            criteria.push(Criterion {
                grades: vec!["A".to_owned(), "B".to_owned()],
                ..criterion("evaluation_passed", CriterionKind::EvaluationPassed)
            });
            criteria
        }
        2 => vec![
            criterion("coach_present", CriterionKind::CoachPresent),
            criterion(
                "decision_makers_reached",
                CriterionKind::DecisionMakersReached,
            ),
            criterion("key_persons_met", CriterionKind::KeyPersonsMet),
        ],
        _ => vec![criterion(
            &format!("evidence_{position}"),
            CriterionKind::EvidenceRecorded,
        )],
    }
}

fn element_known(element: QualificationElement) -> Criterion {
    let id = format!("{}_known", elements::name(element).to_lowercase());
    Criterion {
        element: element.into(),
        ..criterion(&id, CriterionKind::ElementKnown)
    }
}

fn criterion(id: &str, kind: CriterionKind) -> Criterion {
    let explanation = LocalizedText {
        zh_cn: format!("满足{id}"),
        en: format!("satisfy {id}"),
    };
    Criterion {
        id: id.to_owned(),
        kind: kind.into(),
        required: true,
        explanation: Some(explanation),
        ..Criterion::default()
    }
}

/// The gates as the pipeline answers them: its own facts decided, the rest not fetched.
fn gates(elements: &[ElementState]) -> Vec<GateResult> {
    let verdict = |criterion: &Criterion| match criterion.kind() {
        CriterionKind::ElementKnown => match elements::knowledge(elements, criterion.element()) {
            Knowledge::Known => CriterionVerdict::Met,
            _ => CriterionVerdict::Unmet,
        },
        CriterionKind::EvidenceRecorded => CriterionVerdict::Unmet,
        _ => CriterionVerdict::NotFetched,
    };
    let result = |criterion: Criterion| CriterionResult {
        verdict: verdict(&criterion).into(),
        criterion: Some(criterion),
        ..CriterionResult::default()
    };
    let gate = |position: i32| GateResult {
        stage: STAGES[position_index(position)].0.to_owned(),
        stage_position: position,
        criteria: criteria(position).into_iter().map(result).collect(),
        ..GateResult::default()
    };
    (1..=6).map(gate).collect()
}
