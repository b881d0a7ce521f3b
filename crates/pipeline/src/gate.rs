//! Key nodes held against recorded facts (R1): pure, so that any judgement can be made
//! again from what it saw.

use std::collections::BTreeMap;

use jiff::civil::Date;
use keynode_proto::pipeline::v1::{CriterionVerdict, Knowledge, QualificationElement};

use crate::element;
use crate::process::{Check, Criterion, Stage};

/// What criteria are held against. What belongs to another service is none until it was
/// fetched.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What is missing here is unknown.
    pub elements: BTreeMap<QualificationElement, Knowledge>,
    /// The kinds recorded, each with the day it happened.
    pub evidence: BTreeMap<String, Date>,
    pub map: Option<DecisionMap>,
    pub evaluation: Option<Evaluation>,
}

/// What the decision map means; the default is that of no map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionMap {
    /// 0 when there is no map, or none that the caller sees.
    pub version: i64,
    pub has_coach: bool,
    pub decision_maker_known: bool,
    /// Decision makers without a path of influence, by name.
    pub unreached: Vec<String>,
    /// Whether the map names any person who counts.
    pub names_key_persons: bool,
    /// How many key persons nobody has met.
    pub unmet_key_persons: usize,
}

/// What the latest evaluation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluation {
    Never,
    Made(Judgement),
}

/// An evaluation that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `opportunities/{id}/evaluations/{id}`.
    pub name: String,
    pub model_version: i32,
    pub outcome: Outcome,
    /// `A` to `D`; empty when nothing could be judged.
    pub grade: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Go,
    NoGo,
    InsufficientInformation,
}

/// Which facts of other services are needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub map: bool,
    pub evaluation: bool,
}

/// One criterion and what was seen.
#[derive(Clone, Debug)]
pub struct Finding<'p> {
    pub criterion: &'p Criterion,
    pub verdict: CriterionVerdict,
    /// For programs and people, e.g. `budget is partly known`.
    pub observed: String,
}

/// A stage's key node and what was seen.
#[derive(Clone, Debug)]
pub struct Gate<'p> {
    pub stage: &'p Stage,
    /// Every criterion, in order.
    pub findings: Vec<Finding<'p>>,
}

/// Holds the key node of a stage against the facts.
pub fn judge<'p>(stage: &'p Stage, facts: &Facts) -> Gate<'p> {
    let findings = stage.key_node.criteria.iter().map(|criterion| {
        let (verdict, observed) = facts.check(&criterion.check);
        Finding {
            criterion,
            verdict,
            observed,
        }
    });
    Gate {
        stage,
        findings: findings.collect(),
    }
}

impl Gate<'_> {
    /// Every required criterion is met.
    pub fn is_reached(&self) -> bool {
        self.unmet().next().is_none()
    }

    /// Required criteria that are not met, or not known to be.
    pub fn unmet(&self) -> impl Iterator<Item = &Finding<'_>> {
        let required = self
            .findings
            .iter()
            .filter(|finding| finding.criterion.required);
        required.filter(|finding| finding.verdict != CriterionVerdict::Met)
    }

    /// No required criterion is known to be unmet: what is not fetched decides.
    pub fn is_within_reach(&self) -> bool {
        self.unmet()
            .all(|finding| finding.verdict == CriterionVerdict::NotFetched)
    }

    /// What was not fetched, of required and optional criteria.
    pub fn needs(&self) -> Needs {
        let missing = self
            .findings
            .iter()
            .filter(|f| f.verdict == CriterionVerdict::NotFetched);
        missing.fold(Needs::default(), |needs, finding| {
            match finding.criterion.check {
                Check::EvaluationPassed { .. } => Needs {
                    evaluation: true,
                    ..needs
                },
                _ => Needs { map: true, ..needs },
            }
        })
    }
}

impl Needs {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            map: self.map || other.map,
            evaluation: self.evaluation || other.evaluation,
        }
    }
}

impl Facts {
    fn check(&self, check: &Check) -> (CriterionVerdict, String) {
        match check {
            Check::ElementKnown(element) => self.element_known(*element),
            Check::EvidenceRecorded { kinds } => self.evidence_recorded(kinds),
            Check::EvaluationPassed { grades } => match &self.evaluation {
                None => not_fetched("the evaluation was not fetched"),
                Some(evaluation) => evaluation.passed(grades),
            },
            Check::CoachPresent | Check::DecisionMakersReached | Check::KeyPersonsMet => {
                match &self.map {
                    None => not_fetched("the decision map was not fetched"),
                    Some(map) if map.version == 0 => unmet("there is no decision map that you see"),
                    Some(map) => map.check(check),
                }
            }
        }
    }

    fn element_known(&self, element: QualificationElement) -> (CriterionVerdict, String) {
        let name = element::name(element);
        match self.elements.get(&element).copied().unwrap_or_default() {
            Knowledge::Known => met(format!("{name} is known")),
            Knowledge::Partial => unmet(format!("{name} is partly known")),
            Knowledge::Unspecified => unmet(format!("{name} is unknown")),
        }
    }

    fn evidence_recorded(&self, kinds: &[String]) -> (CriterionVerdict, String) {
        let recorded = kinds
            .iter()
            .find_map(|kind| self.evidence.get(kind).map(|date| (kind, date)));
        match recorded {
            Some((kind, date)) => met(format!("{kind} on {date}")),
            None => unmet(format!("no evidence of {}", kinds.join(" or "))),
        }
    }
}

impl Evaluation {
    fn passed(&self, grades: &[String]) -> (CriterionVerdict, String) {
        let Self::Made(judgement) = self else {
            return unmet("the opportunity was never evaluated");
        };
        let grade = &judgement.grade;
        match judgement.outcome {
            Outcome::InsufficientInformation => {
                unmet("the latest evaluation says that too little is known")
            }
            Outcome::NoGo => unmet(format!("the latest evaluation says NO_GO, grade {grade}")),
            Outcome::Go if grades.is_empty() || grades.contains(grade) => {
                met(format!("the latest evaluation says GO, grade {grade}"))
            }
            Outcome::Go => unmet(format!("the grade is {grade}, not {}", grades.join(" or "))),
        }
    }
}

impl DecisionMap {
    fn check(&self, check: &Check) -> (CriterionVerdict, String) {
        match check {
            Check::CoachPresent if self.has_coach => met("the decision map names a coach"),
            Check::CoachPresent => unmet("the decision map names no coach"),
            Check::KeyPersonsMet => self.key_persons_met(),
            _ => self.decision_makers_reached(),
        }
    }

    fn decision_makers_reached(&self) -> (CriterionVerdict, String) {
        if !self.decision_maker_known {
            return unmet("the decision map names no decision maker");
        }
        if self.unreached.is_empty() {
            return met("every decision maker is reached by a path of influence");
        }
        unmet(format!(
            "no path of influence to {}",
            self.unreached.join(", ")
        ))
    }

    fn key_persons_met(&self) -> (CriterionVerdict, String) {
        match self.unmet_key_persons {
            _ if !self.names_key_persons => unmet("the decision map names no key person"),
            0 => met("every key person has been met"),
            missing => unmet(format!("{missing} key persons were never met")),
        }
    }
}

fn met(observed: impl Into<String>) -> (CriterionVerdict, String) {
    (CriterionVerdict::Met, observed.into())
}

fn unmet(observed: impl Into<String>) -> (CriterionVerdict, String) {
    (CriterionVerdict::Unmet, observed.into())
}

fn not_fetched(observed: &str) -> (CriterionVerdict, String) {
    (CriterionVerdict::NotFetched, observed.to_owned())
}

#[cfg(test)]
mod tests;
