//! Sales processes: versioned data that says what each stage is for and what ends it.

pub mod catalog;
pub mod expression;
mod file;
pub mod row;
mod wire;

use keynode_proto::pipeline::v1::{NoGoConsequence, QualificationElement, WorkEvidenceKind};

use self::expression::Expression;
use crate::stage::Track;

pub use file::{Error, check, parse};

/// The process of opportunities that name none.
pub const DEFAULT: &str = "industrial-key-account";

/// The processes that come with this release: text of each version.
const SHIPPED: [&str; 3] = [
    include_str!("../processes/industrial-key-account.toml"),
    include_str!("../processes/industrial-key-account.2.toml"),
    include_str!("../processes/industrial-key-account.3.toml"),
];

/// A text in both languages of Keynode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

/// One version of a process. It never changes once published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Without its collection, e.g. `industrial-key-account`.
    pub id: String,
    pub version: i32,
    pub display_name: Text,
    /// In order; the position of a stage is its place here, from 1.
    pub stages: Vec<Stage>,
    pub loss_reasons: Vec<LossReason>,
    /// What is left of the probability to win for each key node owed by force (R2).
    pub forced_percent: i32,
    /// What an evaluation that is not passed leads to (R10).
    pub no_go: NoGoConsequence,
}

/// One stage and what ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub id: String,
    /// 1 for the first.
    pub position: i32,
    pub display_name: Text,
    /// The customer's step of the same position.
    pub buying_step: Text,
    pub purpose: Text,
    /// What to do, in order (R5).
    pub guidance: Vec<Text>,
    /// Reaching its key node wins the deal.
    pub wins: bool,
    /// Working days; 0 = not said.
    pub expected_days: i32,
    /// Working days without a move or a contact after which a deal is stalled; 0 = never.
    pub stall_days: i32,
    /// Of a hundred deals whose work is really here, how many are won.
    pub win_percent: Option<i32>,
    /// Reaching its key node completes the deal.
    pub is_last: bool,
    pub work_items: Vec<WorkItem>,
    pub key_node: KeyNode,
}

/// Why a deal is lost, to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReason {
    /// Unique in its process.
    pub id: String,
    pub display_name: Text,
    pub needs_note: bool,
}

/// Something that a stage asks to be done (R5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Unique in its process.
    pub id: String,
    pub display_name: Text,
    pub required: bool,
    pub evidence: WorkEvidenceKind,
}

/// The milestone that ends a stage (R1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyNode {
    pub display_name: Text,
    pub criteria: Vec<Criterion>,
    /// The share of the required work items that must be done besides, percent.
    pub work_share_percent: i32,
}

/// One condition of a key node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Unique in its process.
    pub id: String,
    pub required: bool,
    /// What is asked and what would satisfy it.
    pub explanation: Text,
    pub check: Check,
    /// Roles; empty = nobody.
    pub waivable_by: Vec<String>,
}

/// What a criterion holds against the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    ElementKnown(QualificationElement),
    /// The latest evaluation says GO with one of these grades; empty = any.
    EvaluationPassed {
        grades: Vec<String>,
    },
    CoachPresent,
    DecisionMakersReached,
    KeyPersonsMet,
    /// One of these kinds suffices.
    EvidenceRecorded {
        kinds: Vec<String>,
    },
    Expression(Expression),
}

impl Process {
    /// The resource name, `processes/{id}`.
    pub fn name(&self) -> String {
        name(&self.id)
    }

    /// The stage of that id.
    pub fn stage(&self, id: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// The stage at that position, from 1.
    pub fn stage_at(&self, position: i32) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.position == position)
    }

    /// What moving along it needs to know of it.
    pub fn track(&self) -> Track {
        let wins = self.stages.iter().find(|stage| stage.wins);
        let last = self.stages.last();
        Track {
            wins: wins.map_or(0, |stage| stage.position),
            last: last.map_or(0, |stage| stage.position),
        }
    }

    /// Every kind of evidence that some criterion asks for.
    pub fn evidence_kinds(&self) -> impl Iterator<Item = &str> {
        let criteria = self
            .stages
            .iter()
            .flat_map(|stage| &stage.key_node.criteria);
        criteria.flat_map(|criterion| match &criterion.check {
            Check::EvidenceRecorded { kinds } => kinds.iter().map(String::as_str).collect(),
            Check::Expression(expression) => expression.fields_of("evidence").collect(),
            _ => Vec::new(),
        })
    }
}

/// The resource name of a process.
pub fn name(id: &str) -> String {
    format!("processes/{id}")
}

/// The id in a resource name.
pub fn id_of(name: &str) -> Option<&str> {
    name.strip_prefix("processes/").filter(|id| !id.is_empty())
}

/// The process of the release that tests walk.
#[cfg(test)]
pub fn shipped() -> Process {
    parse(SHIPPED[0]).expect("what is shipped is sound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_process_is_the_essays() {
        let process = shipped();
        assert_eq!(process.name(), "processes/industrial-key-account");
        let ids: Vec<&str> = process
            .stages
            .iter()
            .map(|stage| stage.id.as_str())
            .collect();
        assert_eq!(
            ids,
            [
                "development",
                "entry",
                "proposal",
                "bid",
                "negotiation",
                "implementation"
            ]
        );
        assert_eq!(process.track(), Track { wins: 5, last: 6 });
        let first = &process.stages[0].key_node.criteria;
        assert_eq!(first.len(), 7, "six elements and the evaluation");
        assert_eq!(
            first[6].check,
            Check::EvaluationPassed {
                grades: vec!["A".to_owned()]
            }
        );
    }

    #[test]
    fn the_process_names_its_evidence() {
        let process = shipped();
        assert!(
            process
                .evidence_kinds()
                .any(|kind| kind == "negotiated_tender_held")
        );
        assert!(!process.evidence_kinds().any(|kind| kind == "lunch"));
    }
}
