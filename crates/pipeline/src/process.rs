//! Sales processes: versioned data that says what each stage is for and what ends it.

mod file;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use keynode_proto::pipeline::v1::QualificationElement;

use crate::stage::Track;

pub use file::{Error, parse};

/// The process of opportunities that name none.
pub const DEFAULT: &str = "industrial-key-account";

/// The processes that come with this release: text of each version.
const EMBEDDED: [&str; 1] = [include_str!("../processes/industrial-key-account.toml")];

/// A text in both languages of Keynode.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub key_node: KeyNode,
}

/// The milestone that ends a stage (R1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNode {
    pub display_name: Text,
    pub criteria: Vec<Criterion>,
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
            _ => Vec::new(),
        })
    }
}

/// The resource name of a process.
pub fn name(id: &str) -> String {
    format!("processes/{id}")
}

/// Every version of every process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Processes(Arc<BTreeMap<String, BTreeMap<i32, Process>>>);

impl Processes {
    /// The processes that come with this release.
    ///
    /// # Errors
    /// Names the exact place of what is wrong with a file.
    pub fn embedded() -> Result<Self, Error> {
        let mut all: BTreeMap<String, BTreeMap<i32, Process>> = BTreeMap::new();
        for text in EMBEDDED {
            let process = parse(text)?;
            all.entry(process.id.clone())
                .or_default()
                .insert(process.version, process);
        }
        Ok(Self(Arc::new(all)))
    }

    /// A process by its resource name; empty = the default, version 0 = the newest.
    pub fn find(&self, name: &str, version: i32) -> Option<&Process> {
        let id = if name.is_empty() {
            DEFAULT
        } else {
            name.strip_prefix("processes/")?
        };
        self.version(id, version)
    }

    /// A process by its id; version 0 = the newest.
    pub fn version(&self, id: &str, version: i32) -> Option<&Process> {
        let versions = self.0.get(id)?;
        if version == 0 {
            versions.values().next_back()
        } else {
            versions.get(&version)
        }
    }

    /// Each process in its newest version, by name.
    pub fn newest(&self) -> impl Iterator<Item = &Process> {
        self.0
            .values()
            .filter_map(|versions| versions.values().next_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_process_is_the_essays() {
        let processes = Processes::embedded().unwrap();
        let process = processes.find("", 0).unwrap();
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
    fn a_version_that_is_not_there_is_not_found() {
        let processes = Processes::embedded().unwrap();
        assert!(
            processes
                .find("processes/industrial-key-account", 1)
                .is_some()
        );
        assert!(
            processes
                .find("processes/industrial-key-account", 2)
                .is_none()
        );
        assert!(
            processes.find("industrial-key-account", 0).is_none(),
            "not a resource name"
        );
        assert!(processes.find("processes/other", 0).is_none());
    }

    #[test]
    fn the_process_names_its_evidence() {
        let processes = Processes::embedded().unwrap();
        let process = processes.find("", 0).unwrap();
        assert!(
            process
                .evidence_kinds()
                .any(|kind| kind == "negotiated_tender_held")
        );
        assert!(!process.evidence_kinds().any(|kind| kind == "lunch"));
    }
}
