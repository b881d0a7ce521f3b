//! Reading a process file. Everything wrong with it is reported with its place.

mod shape;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use keynode_proto::pipeline::v1::{NoGoConsequence, WorkEvidenceKind};

use self::shape::{
    CriterionFile, KeyNodeFile, LossReasonFile, ProcessFile, StageFile, TextFile, WorkItemFile,
};
use super::expression::Expression;
use super::{Check, Criterion, KeyNode, LossReason, Process, Stage, Text, WorkItem};
use crate::{element, fact};

/// What is said first holds where nothing is said.
const WORK_EVIDENCE: [(&str, WorkEvidenceKind); 5] = [
    ("none", WorkEvidenceKind::Unspecified),
    ("link", WorkEvidenceKind::Link),
    ("file", WorkEvidenceKind::File),
    ("text", WorkEvidenceKind::Text),
    ("activity", WorkEvidenceKind::Activity),
];

/// What is said first holds where nothing is said.
const NO_GO: [(&str, NoGoConsequence); 5] = [
    ("nothing", NoGoConsequence::Unspecified),
    ("give_up", NoGoConsequence::GiveUp),
    ("bounded", NoGoConsequence::LowerToBounded),
    ("watch", NoGoConsequence::LowerToWatch),
    ("last", NoGoConsequence::LowerToLast),
];

/// No stage takes longer.
const MAX_DAYS: i32 = 2000;

/// Why a process file is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not TOML, an unknown key or a missing one; the message has line and column.
    #[error("the process file is not understood: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Understood and not sound: one line per place.
    #[error("the process file is not sound: {}", .0.join("; "))]
    Unsound(Vec<String>),
}

/// Reads and checks a process file.
///
/// # Errors
/// Names every place that is wrong.
pub fn parse(text: &str) -> Result<Process, Error> {
    let file: ProcessFile = toml::from_str(text)?;
    let mut reader = Reader::default();
    let process = reader.process(file);
    if reader.wrong.is_empty() {
        Ok(process)
    } else {
        Err(Error::Unsound(reader.wrong))
    }
}

fn any_loss() -> LossReason {
    LossReason {
        id: "other".to_owned(),
        display_name: Text {
            zh: "其他".to_owned(),
            en: "Other".to_owned(),
        },
        needs_note: true,
    }
}

/// What was wrong so far, and the ids that are taken.
#[derive(Default)]
struct Reader {
    wrong: Vec<String>,
    stages: HashSet<String>,
    criteria: HashSet<String>,
    work_items: HashSet<String>,
}

impl Reader {
    fn wrong(&mut self, place: &str, why: &str) {
        self.wrong.push(format!("{place}: {why}"));
    }

    fn process(&mut self, file: ProcessFile) -> Process {
        self.id("id", &file.id, '-');
        if file.version < 1 {
            self.wrong("version", "must be 1 or more");
        }
        if file.stages.is_empty() {
            self.wrong("stages", "must not be empty");
        }
        if file.stages.iter().filter(|stage| stage.wins).count() != 1 {
            self.wrong("stages", "exactly one must say `wins = true`");
        }
        let display_name = self.text("display_name", file.display_name);
        let mut stages: Vec<Stage> = (1..)
            .zip(file.stages)
            .map(|(n, stage)| self.stage(n, stage))
            .collect();
        if let Some(last) = stages.last_mut() {
            last.is_last = true;
        }
        Process {
            id: file.id,
            version: file.version,
            display_name,
            stages,
            loss_reasons: self.loss_reasons(file.loss_reasons),
            forced_percent: self.within("forced_percent", file.forced_percent, 1..=100),
            no_go: self.one_of("no_go", file.no_go.as_deref(), &NO_GO),
        }
    }

    /// Those of the file; else the one that fits all and says nothing without a note.
    fn loss_reasons(&mut self, files: Vec<LossReasonFile>) -> Vec<LossReason> {
        let mut taken = HashSet::new();
        let mut read = |(n, file): (usize, LossReasonFile)| {
            let place = format!("loss_reasons[{n}]");
            self.id(&format!("{place}.id"), &file.id, '_');
            if !taken.insert(file.id.clone()) {
                self.wrong(&format!("{place}.id"), "is taken by an earlier reason");
            }
            LossReason {
                display_name: self.text(&format!("{place}.display_name"), file.display_name),
                needs_note: file.needs_note,
                id: file.id,
            }
        };
        let read: Vec<LossReason> = (1..).zip(files).map(&mut read).collect();
        match read.is_empty() {
            true => vec![any_loss()],
            false => read,
        }
    }

    fn stage(&mut self, position: i32, file: StageFile) -> Stage {
        let place = format!("stages[{position}]");
        self.id(&format!("{place}.id"), &file.id, '_');
        if !self.stages.insert(file.id.clone()) {
            self.wrong(&format!("{place}.id"), "is taken by an earlier stage");
        }
        if file.guidance.is_empty() {
            self.wrong(&format!("{place}.guidance"), "must not be empty");
        }
        let guidance = (1..)
            .zip(file.guidance)
            .map(|(n, text)| self.text(&format!("{place}.guidance[{n}]"), text))
            .collect();
        Stage {
            position,
            display_name: self.text(&format!("{place}.display_name"), file.display_name),
            buying_step: self.text(&format!("{place}.buying_step"), file.buying_step),
            purpose: self.text(&format!("{place}.purpose"), file.purpose),
            guidance,
            wins: file.wins,
            expected_days: self.days(&place, "expected_days", file.expected_days),
            stall_days: self.days(&place, "stall_days", file.stall_days),
            win_percent: file
                .win_percent
                .map(|percent| self.within(&format!("{place}.win_percent"), percent, 0..=100)),
            is_last: false,
            work_items: self.work_items(&place, file.work_items),
            key_node: self.key_node(&format!("{place}.key_node"), file.key_node),
            id: file.id,
        }
    }

    fn key_node(&mut self, place: &str, file: KeyNodeFile) -> KeyNode {
        if !file.criteria.iter().any(|criterion| criterion.required) {
            self.wrong(
                &format!("{place}.criteria"),
                "at least one must be required",
            );
        }
        let display_name = self.text(&format!("{place}.display_name"), file.display_name);
        let criteria = (1..)
            .zip(file.criteria)
            .map(|(n, criterion)| self.criterion(&format!("{place}.criteria[{n}]"), criterion))
            .collect();
        let share = file.work_share_percent;
        KeyNode {
            display_name,
            criteria,
            work_share_percent: self.within(&format!("{place}.work_share_percent"), share, 0..=100),
        }
    }

    fn work_items(&mut self, place: &str, files: Vec<WorkItemFile>) -> Vec<WorkItem> {
        let mut read = |(n, file): (usize, WorkItemFile)| {
            let place = format!("{place}.work_items[{n}]");
            self.id(&format!("{place}.id"), &file.id, '_');
            if !self.work_items.insert(file.id.clone()) {
                self.wrong(&format!("{place}.id"), "is taken by an earlier work item");
            }
            let evidence = file.evidence.as_deref();
            WorkItem {
                display_name: self.text(&format!("{place}.display_name"), file.display_name),
                required: file.required,
                evidence: self.one_of(&format!("{place}.evidence"), evidence, &WORK_EVIDENCE),
                id: file.id,
            }
        };
        (1..).zip(files).map(&mut read).collect()
    }

    fn criterion(&mut self, place: &str, file: CriterionFile) -> Criterion {
        self.id(&format!("{place}.id"), &file.id, '_');
        if !self.criteria.insert(file.id.clone()) {
            self.wrong(&format!("{place}.id"), "is taken by an earlier criterion");
        }
        let check = self.check(place, &file);
        let explanation = self.text(&format!("{place}.explanation"), file.explanation);
        for (n, role) in (1..).zip(&file.waivable_by) {
            self.id(&format!("{place}.waivable_by[{n}]"), role, '_');
        }
        Criterion {
            id: file.id,
            required: file.required,
            explanation,
            check,
            waivable_by: file.waivable_by,
        }
    }

    /// The check, with exactly the keys that belong to it.
    fn check(&mut self, place: &str, file: &CriterionFile) -> Check {
        let (check, key) = match file.check.as_str() {
            "element_known" => (self.element_known(place, file), Some("element")),
            "evaluation_passed" => (self.evaluation_passed(place, file), Some("grades")),
            "coach_present" => (Check::CoachPresent, None),
            "decision_makers_reached" => (Check::DecisionMakersReached, None),
            "key_persons_met" => (Check::KeyPersonsMet, None),
            "evidence_recorded" => (self.evidence_recorded(place, file), Some("evidence")),
            "expression" => (self.expression(place, file), Some("expression")),
            unknown => {
                self.wrong(
                    &format!("{place}.check"),
                    &format!("`{unknown}` is no known check"),
                );
                return Check::CoachPresent;
            }
        };
        let given = [
            ("element", file.element.is_some()),
            ("grades", file.grades.is_some()),
            ("evidence", file.evidence.is_some()),
            ("expression", file.expression.is_some()),
        ];
        for (given, _) in given
            .into_iter()
            .filter(|(name, there)| *there && Some(*name) != key)
        {
            self.wrong(
                &format!("{place}.{given}"),
                &format!("does not belong to check `{}`", file.check),
            );
        }
        check
    }

    fn element_known(&mut self, place: &str, file: &CriterionFile) -> Check {
        let element = file
            .element
            .as_deref()
            .and_then(element::parse)
            .unwrap_or_else(|| {
                self.wrong(
                    &format!("{place}.element"),
                    "must name one of the six elements",
                );
                element::ALL[0]
            });
        Check::ElementKnown(element)
    }

    fn evaluation_passed(&mut self, place: &str, file: &CriterionFile) -> Check {
        let grades = file.grades.clone().unwrap_or_else(|| {
            self.wrong(&format!("{place}.grades"), "must be given; [] = any");
            Vec::new()
        });
        if !grades
            .iter()
            .all(|grade| matches!(grade.as_str(), "A" | "B" | "C" | "D"))
        {
            self.wrong(&format!("{place}.grades"), "must be of A, B, C, D");
        }
        Check::EvaluationPassed { grades }
    }

    fn evidence_recorded(&mut self, place: &str, file: &CriterionFile) -> Check {
        let kinds = file.evidence.clone().unwrap_or_default();
        if kinds.is_empty() {
            self.wrong(&format!("{place}.evidence"), "must name at least one kind");
        }
        for (n, kind) in (1..).zip(&kinds) {
            self.id(&format!("{place}.evidence[{n}]"), kind, '_');
        }
        Check::EvidenceRecorded { kinds }
    }

    fn expression(&mut self, place: &str, file: &CriterionFile) -> Check {
        let text = file.expression.as_deref().unwrap_or_default();
        match Expression::parse(text, &fact::sample()) {
            Ok(expression) => Check::Expression(expression),
            Err(why) => {
                self.wrong(&format!("{place}.expression"), &why);
                Check::CoachPresent
            }
        }
    }

    /// What a name stands for; the first of them when nothing is said.
    fn one_of<T: Copy>(&mut self, place: &str, name: Option<&str>, known: &[(&str, T)]) -> T {
        let default = known[0].1;
        let Some(name) = name else { return default };
        let found = known.iter().find(|(known, _)| *known == name);
        found.map_or_else(
            || {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                self.wrong(place, &format!("must be one of {}", names.join(", ")));
                default
            },
            |(_, value)| *value,
        )
    }

    fn days(&mut self, place: &str, key: &str, days: i32) -> i32 {
        self.within(&format!("{place}.{key}"), days, 0..=MAX_DAYS)
    }

    fn within(&mut self, place: &str, number: i32, range: RangeInclusive<i32>) -> i32 {
        if !range.contains(&number) {
            self.wrong(
                place,
                &format!("must be {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    fn id(&mut self, place: &str, id: &str, separator: char) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
        if !id.starts_with(|c: char| c.is_ascii_lowercase())
            || !id.chars().all(plain)
            || id.len() > 64
        {
            self.wrong(
                place,
                &format!("must be 1 to 64 of a-z, 0-9 and {separator}, a letter first"),
            );
        }
    }

    fn text(&mut self, place: &str, file: TextFile) -> Text {
        for (language, text) in [("zh", &file.zh), ("en", &file.en)] {
            if text.trim().is_empty() {
                self.wrong(&format!("{place}.{language}"), "must not be empty");
            }
        }
        Text {
            zh: file.zh,
            en: file.en,
        }
    }
}

#[cfg(test)]
mod tests;
