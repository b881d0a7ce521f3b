//! `keynode inspect`: how files are written and what is odd in them, before a mapping
//! is made for them.

mod quotes;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use csv::StringRecord;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::quotes::Quotes;
use super::form::Form;
use super::table::{Row, Table};
use crate::out;

/// Texts that other systems write where they know nothing.
const PLACEHOLDERS: [&str; 11] = [
    "-", "--", "N/A", "NA", "NULL", "None", "Select", "null", "无", "不详", "未知",
];
/// So many ragged rows are told by their lines.
const SHOWN: usize = 20;

/// Which files to look at.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// The files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object a file.
    #[arg(long)]
    pub json: bool,
}

/// What a file is like.
#[derive(Debug, Default, Serialize)]
pub struct Inspection {
    file: String,
    #[serde(flatten)]
    form: Option<Form>,
    #[serde(flatten)]
    quotes: Quotes,
    /// The names in the first record; `#n` = the n-th, which has none.
    columns: Vec<String>,
    /// Records after the first that are not blank.
    records: u64,
    records_with_embedded_newline: u64,
    exact_duplicate_records: u64,
    /// With another number of fields than the first record: how many, and the first lines.
    ragged_records: u64,
    ragged_lines: Vec<u64>,
    empty_cells: u64,
    /// Texts that may mean "nothing", and how often they stand alone in a cell.
    placeholders: BTreeMap<&'static str, u64>,
    cells_with_thousands_separators: u64,
    cells_with_fullwidth_characters: u64,
}

/// Looks at each file and prints what it is like.
///
/// # Errors
/// When a file cannot be read to its end.
pub fn run(args: &InspectArgs) -> anyhow::Result<()> {
    for file in &args.files {
        let found = inspect(file)?;
        match args.json {
            true => out::line(serde_json::to_string(&found)?)?,
            false => found.lines().iter().try_for_each(out::line)?,
        }
    }
    Ok(())
}

fn inspect(path: &Path) -> anyhow::Result<Inspection> {
    let form = Form::of(path, None, None)?;
    let mut table = Table::read(path, form.clone())?;
    let mut found = Inspection {
        file: path.display().to_string(),
        quotes: Quotes::of(path, &form)?,
        form: Some(form),
        columns: table.header.clone(),
        ..Inspection::default()
    };
    let mut seen = HashSet::new();
    while let Some(row) = table.next()? {
        found.records += 1;
        match row {
            Row::Good { cells, .. } => {
                cells.iter().for_each(|cell| found.note_cell(cell));
                found.records_with_embedded_newline +=
                    u64::from(cells.iter().any(|cell| cell.contains('\n')));
                found.exact_duplicate_records += u64::from(!seen.insert(digest(&cells)));
            }
            Row::Ragged { line, .. } => found.note_ragged(line),
        }
    }
    Ok(found)
}

impl Inspection {
    fn note_ragged(&mut self, line: u64) {
        self.ragged_records += 1;
        if self.ragged_lines.len() < SHOWN {
            self.ragged_lines.push(line);
        }
    }

    fn note_cell(&mut self, cell: &str) {
        self.empty_cells += u64::from(cell.is_empty());
        if let Some(text) = PLACEHOLDERS.iter().find(|text| **text == cell) {
            *self.placeholders.entry(text).or_default() += 1;
        }
        self.cells_with_thousands_separators += u64::from(has_thousands_separators(cell));
        self.cells_with_fullwidth_characters += u64::from(cell.chars().any(is_fullwidth));
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            match &self.form {
                Some(form) => format!("{}: {form}", self.file),
                None => self.file.clone(),
            },
            format!(
                "  columns ({}): {}",
                self.columns.len(),
                self.columns.join(" | ")
            ),
            format!(
                "  {} records on {} lines",
                self.records, self.quotes.physical_lines
            ),
        ];
        let ragged: Vec<String> = self.ragged_lines.iter().map(u64::to_string).collect();
        let remarks = [
            (
                self.ragged_records,
                format!(
                    "records with another number of fields, first on lines {}",
                    ragged.join(", ")
                ),
            ),
            (
                self.records_with_embedded_newline,
                "records with a line break in a field".to_owned(),
            ),
            (
                self.exact_duplicate_records,
                "records that repeat another to the letter".to_owned(),
            ),
            (self.empty_cells, "empty cells".to_owned()),
            (
                self.cells_with_thousands_separators,
                "numbers with thousands separators (`thousands = \",\"`)".to_owned(),
            ),
            (
                self.cells_with_fullwidth_characters,
                "cells with full-width letters or digits".to_owned(),
            ),
        ];
        let remarks = remarks.into_iter().filter(|(count, _)| *count > 0);
        lines.extend(remarks.map(|(count, text)| format!("  {count} {text}")));
        let texts = self.placeholders.iter();
        lines.extend(texts.map(|(text, count)| {
            format!("  {count} cells say {text:?}; if that means nothing, list it in `empty`")
        }));
        lines
    }
}

/// Stands for a record, so that a large file need not be kept in memory.
fn digest(cells: &StringRecord) -> [u8; 32] {
    let mut hash = Sha256::new();
    for cell in cells {
        hash.update((cell.len() as u64).to_le_bytes());
        hash.update(cell);
    }
    hash.finalize().into()
}

/// Whether the cell is a number whose thousands are set apart, as 1,234,567.89.
fn has_thousands_separators(cell: &str) -> bool {
    let whole = cell.trim().trim_start_matches(['-', '+']);
    let whole = whole.split_once('.').map_or(whole, |(whole, _)| whole);
    let mut groups = whole.split(',');
    let is_digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !rest.is_empty()
        && rest
            .iter()
            .all(|group| group.len() == 3 && is_digits(group))
}

/// Letters, digits and signs of the block that repeats ASCII in full width.
fn is_fullwidth(c: char) -> bool {
    ('\u{ff01}'..='\u{ff5e}').contains(&c) && (c.is_alphanumeric())
}

#[cfg(test)]
mod tests;
