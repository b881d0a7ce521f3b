//! Detectors: each sees one thing in the recorded facts of a deal, or says that too little is
//! recorded. Each is one pure function, its texts (`texts/detectors/*.toml`) and one line in
//! [`REGISTRY`].

mod dates;
mod people;
mod place;
mod preparation;
pub mod wire;

use keynode_proto::common::v1::LocalizedText;
use keynode_proto::scoring::v1::{Severity, SignalEvidence, SignalTopic};

use crate::case::Case;
use crate::texts::Words;

/// Every detector, in the order in which signals of one severity are told.
pub const REGISTRY: &[&Detector] = &[
    &place::KEY_NODE_MISSING,
    &place::CUSTOMER_AHEAD,
    &preparation::ELEMENTS_UNKNOWN,
    &preparation::NOT_EVALUATED,
    &preparation::EVALUATION_NO_GO,
    &place::FORCED_ADVANCE,
    &people::NO_COACH,
    &people::DECISION_MAKER_UNKNOWN,
    &people::NO_PATH_TO_DECISION_MAKER,
    &people::UNCOVERED_FUNCTIONS,
    &people::KEY_PERSONS_NOT_MET,
    &place::STAGE_INFLATED,
    &place::BUYING_STEP_UNKNOWN,
    &preparation::NO_NEXT_ACTION,
    &dates::STALLED,
    &dates::CLOSE_DATE_PAST,
    &dates::CLOSE_DATE_SLIPPED,
    &place::LATE_ENTRY,
];

/// What one detector looks for, and how.
#[derive(Debug)]
pub struct Detector {
    /// For programs, e.g. `no_coach`; never changes.
    pub id: &'static str,
    pub topic: SignalTopic,
    /// How grave it is unless the sighting or the settings say otherwise.
    pub severity: Severity,
    /// The rules and taboos it rests on, e.g. `R20`, `T7`.
    pub rules: &'static [&'static str],
    /// Thresholds that settings may change.
    pub parameters: &'static [Parameter],
    /// What it says is only for who may see costs and margin.
    pub confidential: bool,
    pub detect: fn(&Case<'_>, &Policy) -> Verdict,
}

/// A threshold of a detector.
#[derive(Debug)]
pub struct Parameter {
    /// Unique in its detector, e.g. `min_visits`.
    pub name: &'static str,
    /// The essays' value where they give one.
    pub default: f64,
    /// What it may be set to, both ends included.
    pub range: (f64, f64),
    /// For people, e.g. `days`, `minutes`, `ratio`.
    pub unit: &'static str,
    /// What it means, with its source.
    pub meaning: &'static str,
}

/// The thresholds in force for one detector and one deal.
#[derive(Clone, Debug, Default)]
pub struct Policy(Vec<(&'static str, f64)>);

/// What a detector says.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// What it looks for is not there.
    Clear,
    /// Too little is recorded; which facts are missing.
    Unknown(Vec<String>),
    /// It is there, once for each cause.
    Raised(Vec<Sighting>),
}

/// What one detector says of a deal.
#[derive(Debug)]
pub struct Seen {
    pub detector: &'static Detector,
    pub verdict: Verdict,
}

/// Asks every detector about a deal. A deal that is closed is past mending.
pub fn detect(case: &Case<'_>, policy_of: impl Fn(&Detector) -> Policy) -> Vec<Seen> {
    if !case.is_open() {
        return Vec::new();
    }
    let ask = |detector: &&'static Detector| Seen {
        detector,
        verdict: (detector.detect)(case, &policy_of(detector)),
    };
    REGISTRY.iter().map(ask).collect()
}

/// One thing seen.
#[derive(Debug, PartialEq)]
pub struct Sighting {
    /// What caused it; the same cause is the same signal. Empty = the deal as a whole.
    pub cause: String,
    /// Where it is graver or milder here than its detector says.
    pub severity: Option<Severity>,
    pub evidence: Vec<SignalEvidence>,
    /// Filled into the texts.
    pub words: Words,
}

impl Detector {
    /// One without thresholds, for everybody who sees the deal.
    const fn plain(
        id: &'static str,
        topic: SignalTopic,
        severity: Severity,
        rules: &'static [&'static str],
        detect: fn(&Case<'_>, &Policy) -> Verdict,
    ) -> Self {
        Self {
            id,
            topic,
            severity,
            rules,
            parameters: &[],
            confidential: false,
            detect,
        }
    }
}

impl Policy {
    /// The defaults of a detector.
    pub fn of(detector: &Detector) -> Self {
        let defaults = detector.parameters.iter();
        Self(defaults.map(|it| (it.name, it.default)).collect())
    }

    /// The same with one threshold set; a name that is none of the detector's changes nothing.
    pub fn with(mut self, name: &str, value: f64) -> Self {
        if let Some(found) = self.0.iter_mut().find(|(known, _)| *known == name) {
            found.1 = value;
        }
        self
    }

    /// The threshold in force.
    pub fn get(&self, name: &str) -> f64 {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| *value)
            .expect("a detector reads its own parameters")
    }
}

impl Verdict {
    pub fn unknown(missing: &[&str]) -> Self {
        Self::Unknown(missing.iter().map(|&it| it.to_owned()).collect())
    }
}

impl Sighting {
    /// Of the deal as a whole.
    pub fn of_deal(words: Words, evidence: Vec<SignalEvidence>) -> Self {
        Self {
            cause: String::new(),
            severity: None,
            evidence,
            words,
        }
    }

    /// The same, graver or milder than its detector says.
    fn graded(self, severity: Severity) -> Self {
        Self {
            severity: Some(severity),
            ..self
        }
    }
}

/// What is missing in a stage weakens the deal while the stage lasts, and decides it once customer
/// or seller are past it.
fn severity_of_work(case: &Case<'_>, position: Option<i32>) -> Severity {
    match position {
        Some(position) if case.is_behind(position) => Severity::Critical,
        _ => Severity::Warning,
    }
}

/// A record, or a field of it, as evidence.
pub fn evidence(resource: &str, field: &str, text: LocalizedText) -> SignalEvidence {
    SignalEvidence {
        resource: resource.to_owned(),
        field: field.to_owned(),
        text: Some(text),
        time: None,
    }
}

/// One of several things of a record, e.g. `elements/BUDGET` of a deal.
fn of_item(resource: &str, things: &str, item: &str, text: LocalizedText) -> SignalEvidence {
    evidence(resource, &format!("{things}/{item}"), text)
}

#[cfg(test)]
mod tests;
