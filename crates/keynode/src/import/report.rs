//! What became of each row.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Serialize;

use super::form::Form;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: Arc<str>,
    line: u64,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    /// It is there under another key, which it has now too.
    Linked,
    /// It is there under another key: not stored.
    Skipped(String),
    /// By the reading: it was not sent.
    Rejected(String),
    /// By the server.
    Refused {
        reason: String,
        text: String,
    },
}

/// What became of every row, in the order in which it was learned.
#[derive(Debug, Default)]
pub struct Report {
    forms: Vec<(String, Form)>,
    rows: Vec<(Place, String, Outcome)>,
    rejected: BTreeSet<Place>,
}

#[derive(Serialize)]
struct Written<'r> {
    file: &'r str,
    line: u64,
    key: &'r str,
    result: &'static str,
    reason: String,
}

impl Place {
    pub fn new(file: &str, line: u64) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file, self.line)
    }
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Linked => "linked",
            Self::Skipped(_) => "skipped",
            Self::Rejected(_) => "rejected",
            Self::Refused { .. } => "refused",
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Rejected(why) | Self::Skipped(why) => why.clone(),
            Self::Refused { reason, text } => format!("{reason}: {text}"),
            _ => String::new(),
        }
    }

    /// Whether nothing of the row was stored.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Rejected(_) | Self::Refused { .. })
    }
}

impl Report {
    /// Notes how a file is written.
    pub fn note_form(&mut self, file: &str, form: Form) {
        self.forms.push((file.to_owned(), form));
    }

    /// How a file is written, once it was opened.
    pub fn form(&self, file: &str) -> Option<&Form> {
        let found = self.forms.iter().find(|(name, _)| name == file);
        found.map(|(_, form)| form)
    }

    /// How each file is written, in words.
    pub fn forms(&self) -> impl Iterator<Item = String> {
        self.forms
            .iter()
            .map(|(file, form)| format!("{file}: {form}"))
    }

    pub fn note(&mut self, place: &Place, key: &str, outcome: Outcome) {
        if outcome.is_bad() {
            self.rejected.insert(place.clone());
        }
        self.rows.push((place.clone(), key.to_owned(), outcome));
    }

    /// Whether nothing of the row at this place was or will be stored.
    pub fn has_rejected(&self, place: &Place) -> bool {
        self.rejected.contains(place)
    }

    /// The rows of which nothing was stored, by file and line.
    pub fn bad(&self) -> Vec<String> {
        let mut bad: Vec<_> = self
            .rows
            .iter()
            .filter(|(.., outcome)| outcome.is_bad())
            .collect();
        bad.sort_by_key(|(place, ..)| place);
        bad.iter()
            .map(|(place, key, outcome)| match key.as_str() {
                "" => format!("{place}: {}", outcome.reason()),
                key => format!("{place} ({}): {}", clipped(key), outcome.reason()),
            })
            .collect()
    }

    /// How many rows of each file came to what.
    pub fn counts(&self) -> BTreeMap<(&str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for (place, _, outcome) in &self.rows {
            *counts.entry((&*place.file, outcome.name())).or_default() += 1;
        }
        counts
    }

    /// Writes one JSON object a row: file, line, key, result, reason.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let cannot = || format!("the report {} cannot be written", file.display());
        let mut to = std::io::BufWriter::new(std::fs::File::create(file).with_context(cannot)?);
        for (place, key, outcome) in &self.rows {
            let (result, reason) = (outcome.name(), outcome.reason());
            let row = Written {
                file: &place.file,
                line: place.line,
                key,
                result,
                reason,
            };
            serde_json::to_writer(&mut to, &row).with_context(cannot)?;
            to.write_all(b"\n").with_context(cannot)?;
        }
        to.flush().with_context(cannot)
    }
}

/// The beginning of a text that may be of any length, for a line that a person reads.
pub fn clipped(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some(_) => text.chars().take(SHOWN).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_rows_are_told_by_file_and_line_and_written_for_programs() {
        let mut report = Report::default();
        let refused = Outcome::Refused {
            reason: "INVALID_REQUEST".into(),
            text: "bad".into(),
        };
        report.note(&Place::new("b.csv", 3), "K", refused);
        report.note(
            &Place::new("a.csv", 12),
            "",
            Outcome::Rejected("3 fields instead of 2".into()),
        );
        report.note(&Place::new("a.csv", 2), "L", Outcome::Created);
        assert_eq!(
            report.bad(),
            [
                "a.csv line 12: 3 fields instead of 2",
                "b.csv line 3 (K): INVALID_REQUEST: bad"
            ]
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.jsonl");
        report.write(&file).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(
            last,
            serde_json::json!({"file": "a.csv", "line": 2, "key": "L", "result": "created", "reason": ""})
        );
    }
}
