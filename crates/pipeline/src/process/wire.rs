//! Processes as the contract shows them.

use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1 as proto;

use super::{Check, Criterion, LossReason, Process, Stage, Text, WorkItem};

impl Process {
    /// The process for the wire.
    pub fn to_proto(&self) -> proto::Process {
        proto::Process {
            name: self.name(),
            version: self.version,
            display_name: Some(self.display_name.to_proto()),
            stages: self.stages.iter().map(Stage::to_proto).collect(),
            loss_reasons: self.loss_reasons.iter().map(LossReason::to_proto).collect(),
            forced_percent: self.forced_percent,
            no_go: self.no_go.into(),
            ..proto::Process::default()
        }
    }

    /// What people call the stage of that id; none for an id that is no stage.
    pub fn stage_name(&self, id: &str) -> Option<LocalizedText> {
        Some(self.stage(id)?.display_name.to_proto())
    }
}

impl Stage {
    fn to_proto(&self) -> proto::Stage {
        proto::Stage {
            id: self.id.clone(),
            position: self.position,
            display_name: Some(self.display_name.to_proto()),
            buying_step: Some(self.buying_step.to_proto()),
            purpose: Some(self.purpose.to_proto()),
            guidance: self.guidance.iter().map(Text::to_proto).collect(),
            key_node: Some(proto::KeyNode {
                display_name: Some(self.key_node.display_name.to_proto()),
                criteria: self
                    .key_node
                    .criteria
                    .iter()
                    .map(Criterion::to_proto)
                    .collect(),
                work_share_percent: self.key_node.work_share_percent,
            }),
            wins: self.wins,
            work_items: self.work_items.iter().map(WorkItem::to_proto).collect(),
            expected_days: self.expected_days,
            stall_days: self.stall_days,
            win_percent: self.win_percent,
        }
    }
}

impl LossReason {
    fn to_proto(&self) -> proto::LossReason {
        proto::LossReason {
            id: self.id.clone(),
            display_name: Some(self.display_name.to_proto()),
            needs_note: self.needs_note,
        }
    }
}

impl WorkItem {
    fn to_proto(&self) -> proto::WorkItem {
        proto::WorkItem {
            id: self.id.clone(),
            display_name: Some(self.display_name.to_proto()),
            required: self.required,
            evidence: self.evidence.into(),
        }
    }
}

impl Criterion {
    /// The criterion for the wire.
    pub fn to_proto(&self) -> proto::Criterion {
        let mut criterion = proto::Criterion {
            id: self.id.clone(),
            required: self.required,
            explanation: Some(self.explanation.to_proto()),
            waivable_by: self.waivable_by.clone(),
            ..proto::Criterion::default()
        };
        let kind = match &self.check {
            Check::ElementKnown(element) => {
                criterion.set_element(*element);
                proto::CriterionKind::ElementKnown
            }
            Check::EvaluationPassed { grades } => {
                criterion.grades.clone_from(grades);
                proto::CriterionKind::EvaluationPassed
            }
            Check::CoachPresent => proto::CriterionKind::CoachPresent,
            Check::DecisionMakersReached => proto::CriterionKind::DecisionMakersReached,
            Check::KeyPersonsMet => proto::CriterionKind::KeyPersonsMet,
            Check::EvidenceRecorded { kinds } => {
                criterion.evidence_kinds.clone_from(kinds);
                proto::CriterionKind::EvidenceRecorded
            }
            Check::Expression(expression) => {
                expression.text().clone_into(&mut criterion.expression);
                proto::CriterionKind::Expression
            }
        };
        criterion.set_kind(kind);
        criterion
    }
}

impl Text {
    /// The text for the wire.
    pub fn to_proto(&self) -> LocalizedText {
        LocalizedText {
            zh_cn: self.zh.clone(),
            en: self.en.clone(),
        }
    }
}
