//! Reading a process file. Everything wrong with it is reported with its place.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Check, Criterion, KeyNode, Process, Stage, Text};
use crate::element;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProcessFile {
    id: String,
    version: i32,
    display_name: TextFile,
    stages: Vec<StageFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    id: String,
    display_name: TextFile,
    buying_step: TextFile,
    purpose: TextFile,
    guidance: Vec<TextFile>,
    #[serde(default)]
    wins: bool,
    key_node: KeyNodeFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyNodeFile {
    display_name: TextFile,
    criteria: Vec<CriterionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CriterionFile {
    id: String,
    check: String,
    #[serde(default = "required_unless_said")]
    required: bool,
    explanation: TextFile,
    element: Option<String>,
    grades: Option<Vec<String>>,
    evidence: Option<Vec<String>>,
}

fn required_unless_said() -> bool {
    true
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

/// What was wrong so far, and the ids that are taken.
#[derive(Default)]
struct Reader {
    wrong: Vec<String>,
    stages: HashSet<String>,
    criteria: HashSet<String>,
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
        let stages = (1..)
            .zip(file.stages)
            .map(|(n, stage)| self.stage(n, stage))
            .collect();
        Process {
            id: file.id,
            version: file.version,
            display_name,
            stages,
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
        KeyNode {
            display_name,
            criteria,
        }
    }

    fn criterion(&mut self, place: &str, file: CriterionFile) -> Criterion {
        self.id(&format!("{place}.id"), &file.id, '_');
        if !self.criteria.insert(file.id.clone()) {
            self.wrong(&format!("{place}.id"), "is taken by an earlier criterion");
        }
        let check = self.check(place, &file);
        let explanation = self.text(&format!("{place}.explanation"), file.explanation);
        Criterion {
            id: file.id,
            required: file.required,
            explanation,
            check,
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
