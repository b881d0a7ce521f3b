//! Key nodes held against recorded facts (R1): pure, so that any judgement can be made
//! again from what it saw.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use keynode_proto::pipeline::v1::{CriterionVerdict, Knowledge, QualificationElement};

use crate::dossier::Dossier;
use crate::element;
use crate::element::details::Budget;
use crate::fact::{self, Deal};
use crate::process::expression::{Answer, Expression};
use crate::process::{Check, Criterion, Stage};
use crate::promises;

/// What criteria are held against. What belongs to another service is none until it was
/// fetched.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub deal: Deal,
    pub budget: Budget,
    /// What is recorded besides.
    pub dossier: Dossier,
    /// What is missing here is unknown.
    pub elements: BTreeMap<QualificationElement, Knowledge>,
    /// The kinds recorded, each with the day it happened.
    pub evidence: BTreeMap<String, Date>,
    /// Work items that are done, each with its day.
    pub work: BTreeMap<String, Date>,
    /// Criteria that need not be met.
    pub waived: BTreeSet<String>,
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
    /// None when no work is asked for besides.
    pub work: Option<WorkShare>,
    /// Promises that are open, of the last stage; none of any other.
    pub open_promises: Option<Vec<String>>,
}

/// How much of the required work is done, and how much is asked for; percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkShare {
    pub required: i32,
    pub done: i32,
    /// Required items that are not done.
    pub missing: Vec<String>,
}

impl WorkShare {
    pub fn is_enough(&self) -> bool {
        self.done >= self.required
    }
}

/// What stands for the share of work among the criteria that are not met.
pub const WORK_SHARE: &str = "work_share";

/// What stands for promises kept among the criteria that are not met.
pub const PROMISES_KEPT: &str = "promises_kept";

/// Holds the key node of a stage against the facts.
pub fn judge<'p>(stage: &'p Stage, facts: &Facts) -> Gate<'p> {
    let findings = stage.key_node.criteria.iter().map(|criterion| {
        let (verdict, observed) = match facts.waived.contains(&criterion.id) {
            true => (CriterionVerdict::Waived, "it is waived".to_owned()),
            false => facts.check(&criterion.check),
        };
        Finding {
            criterion,
            verdict,
            observed,
        }
    });
    Gate {
        stage,
        findings: findings.collect(),
        work: work_share(stage, &facts.work),
        open_promises: stage.is_last.then(|| open_promises(&facts.dossier)),
    }
}

/// A deal is not completed while a promise is open (R36), or while nobody can say.
fn open_promises(dossier: &Dossier) -> Vec<String> {
    promises::open(dossier).unwrap_or_else(|_| vec!["what is stored cannot be read".to_owned()])
}

fn work_share(stage: &Stage, done: &BTreeMap<String, Date>) -> Option<WorkShare> {
    let required = stage.key_node.work_share_percent;
    let items: Vec<&str> = stage
        .work_items
        .iter()
        .filter(|item| item.required)
        .map(|item| item.id.as_str())
        .collect();
    if required == 0 || items.is_empty() {
        return None;
    }
    let missing = items.iter().filter(|item| !done.contains_key(**item));
    let missing: Vec<String> = missing.map(|item| (*item).to_owned()).collect();
    let percent = 100 * (items.len() - missing.len()) / items.len();
    Some(WorkShare {
        required,
        done: i32::try_from(percent).unwrap_or_default(),
        missing,
    })
}

impl Finding<'_> {
    fn is_met(&self) -> bool {
        matches!(
            self.verdict,
            CriterionVerdict::Met | CriterionVerdict::Waived
        )
    }
}

impl Gate<'_> {
    /// Every required criterion is met.
    pub fn is_reached(&self) -> bool {
        self.unmet().next().is_none() && !self.lacks_work() && !self.has_open_promises()
    }

    /// Less of the work is done than is asked for.
    pub fn lacks_work(&self) -> bool {
        self.work.as_ref().is_some_and(|share| !share.is_enough())
    }

    /// A promise is open that is to be kept before the deal is completed.
    pub fn has_open_promises(&self) -> bool {
        self.open_promises
            .as_ref()
            .is_some_and(|open| !open.is_empty())
    }

    /// The ids of what is required and not met, the share of work and promises among them.
    pub fn unmet_ids(&self) -> Vec<String> {
        let criteria = self.unmet().map(|finding| finding.criterion.id.clone());
        let work = self.lacks_work().then(|| WORK_SHARE.to_owned());
        let promises = self.has_open_promises().then(|| PROMISES_KEPT.to_owned());
        criteria.chain(work).chain(promises).collect()
    }

    /// Required criteria that are not met, or not known to be.
    pub fn unmet(&self) -> impl Iterator<Item = &Finding<'_>> {
        let required = self
            .findings
            .iter()
            .filter(|finding| finding.criterion.required);
        required.filter(|finding| !finding.is_met())
    }

    /// No required criterion is known to be unmet: what is not fetched decides.
    pub fn is_within_reach(&self) -> bool {
        let mut unmet = self.unmet();
        !self.lacks_work()
            && !self.has_open_promises()
            && unmet.all(|finding| finding.verdict == CriterionVerdict::NotFetched)
    }

    /// What was not fetched, of required and optional criteria.
    pub fn needs(&self) -> Needs {
        let missing = self
            .findings
            .iter()
            .filter(|f| f.verdict == CriterionVerdict::NotFetched);
        missing.fold(Needs::default(), |needs, finding| {
            needs.and(finding.criterion.check.needs())
        })
    }
}

impl Check {
    /// Which facts of other services it rests on.
    fn needs(&self) -> Needs {
        match self {
            Self::ElementKnown(_) | Self::EvidenceRecorded { .. } => Needs::default(),
            Self::EvaluationPassed { .. } => Needs {
                evaluation: true,
                map: false,
            },
            Self::CoachPresent | Self::DecisionMakersReached | Self::KeyPersonsMet => Needs {
                map: true,
                evaluation: false,
            },
            Self::Expression(expression) => Needs {
                map: expression.reads("map"),
                evaluation: expression.reads("evaluation"),
            },
        }
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
            Check::Expression(expression) => self.expression(check.needs(), expression),
        }
    }

    fn expression(&self, needs: Needs, expression: &Expression) -> (CriterionVerdict, String) {
        if needs.map && self.map.is_none() {
            return not_fetched("the decision map was not fetched");
        }
        if needs.evaluation && self.evaluation.is_none() {
            return not_fetched("the evaluation was not fetched");
        }
        let document = fact::document(self);
        let observed = expression.observed(&document, &fact::UNTOLD);
        let is_told = !fact::UNTOLD.iter().any(|untold| expression.reads(untold));
        match expression.ask(&document) {
            Answer::Yes => met(observed),
            Answer::Unknown(why) if is_told => unmet(format!("{observed}: {why}")),
            Answer::No | Answer::Unknown(_) => unmet(observed),
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
