//! A CSV file as rows that know their line, checked against what the mapping expects.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use csv::StringRecord;

use super::form::Form;
use super::mapping::{FieldKey, File};
use super::text::Text;

/// A file that is being read.
pub struct Table {
    pub file: String,
    pub form: Form,
    pub header: Vec<String>,
    rows: csv::Reader<Text<fs::File>>,
}

/// One record of a file.
#[derive(Debug, PartialEq)]
pub enum Row {
    Good {
        line: u64,
        cells: StringRecord,
    },
    /// With as many fields as it has.
    Ragged {
        line: u64,
        fields: usize,
    },
}

impl Table {
    /// Opens a file of the folder and checks its header against the mapping.
    ///
    /// # Errors
    /// When it cannot be read, has no header, or its columns are not those of the mapping.
    pub fn open<K: FieldKey>(folder: &Path, format: &File<K>) -> anyhow::Result<Self> {
        let path = folder.join(&format.name);
        let form = Form::of(&path, format.encoding, format.delimiter)?;
        let table = Self {
            file: format.name.clone(),
            ..Self::read(&path, form)?
        };
        table.check_columns(format)?;
        Ok(table)
    }

    /// Opens a file of which nothing is expected but a header.
    ///
    /// # Errors
    /// When it cannot be read or has no header.
    pub fn read(path: &Path, form: Form) -> anyhow::Result<Self> {
        let file =
            fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(form.delimiter)
            // Of CRLF the csv crate would count the line feed to the next record.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(Text::new(file, form.encoding));
        let mut table = Self {
            file: path.display().to_string(),
            form,
            header: Vec::new(),
            rows,
        };
        table.read_header()?;
        Ok(table)
    }

    fn read_header(&mut self) -> anyhow::Result<()> {
        let Some((_, cells)) = self.record()? else {
            bail!(
                "{} is empty; its first line must name the columns",
                self.file
            )
        };
        for (index, name) in cells.iter().enumerate() {
            let name = match name.trim() {
                "" => format!("#{}", index + 1),
                name => name.to_owned(),
            };
            ensure!(
                !self.header.contains(&name),
                "{} line 1: the column `{name}` is there twice",
                self.file
            );
            self.header.push(name);
        }
        Ok(())
    }

    /// Both ways: what the mapping reads is there, and what is there is read or ignored.
    fn check_columns<K: FieldKey>(&self, format: &File<K>) -> anyhow::Result<()> {
        let taken: BTreeSet<&str> = format.fields.values().flat_map(|f| f.columns()).collect();
        let missing: Vec<_> = taken
            .iter()
            .filter(|name| !self.header.iter().any(|h| h == *name))
            .collect();
        ensure!(
            missing.is_empty(),
            "{} has no column {missing:?}; it has {:?}: correct the mapping or the file",
            self.file,
            self.header
        );
        let ignored = |name: &String| format.ignore.iter().any(|i| i == "*" || i == name);
        let unknown: Vec<_> = self
            .header
            .iter()
            .filter(|h| !taken.contains(h.as_str()) && !ignored(h))
            .collect();
        ensure!(
            unknown.is_empty(),
            "{} has columns that the mapping does not name: {unknown:?}; take them in `fields` or list them in \
             `ignore`{}",
            self.file,
            if unknown.iter().any(|u| u.starts_with('#')) {
                " (#n = the n-th column, which has no name)"
            } else {
                ""
            }
        );
        Ok(())
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read on: bytes of another encoding, a quote without end.
    pub fn next(&mut self) -> anyhow::Result<Option<Row>> {
        let Some((line, cells)) = self.record()? else {
            return Ok(None);
        };
        Ok(Some(match cells.len() == self.header.len() {
            true => Row::Good { line, cells },
            false => Row::Ragged {
                line,
                fields: cells.len(),
            },
        }))
    }

    /// The next record that is not blank, with the line on which it begins.
    fn record(&mut self) -> anyhow::Result<Option<(u64, StringRecord)>> {
        loop {
            let before = self.rows.position().line();
            let mut cells = StringRecord::new();
            if !self
                .rows
                .read_record(&mut cells)
                .with_context(|| self.file.clone())?
            {
                return Ok(None);
            }
            // The text ends with a line break, so each record does.
            let breaks = cells
                .iter()
                .flat_map(str::bytes)
                .filter(|b| *b == b'\n')
                .count() as u64;
            let after = self.rows.position().line();
            ensure!(
                after > before + breaks,
                "{} line {before}: a quoted field begins here and never ends; close the quote",
                self.file
            );
            let cells = without_carriage_return(cells);
            if cells.len() > 1 || cells.get(0).is_some_and(|c| !c.is_empty()) {
                return Ok(Some((after - breaks - 1, cells)));
            }
        }
    }
}

/// Takes the carriage return of a CRLF off the last field.
fn without_carriage_return(cells: StringRecord) -> StringRecord {
    let Some(end) = cells
        .iter()
        .next_back()
        .and_then(|last| last.strip_suffix('\r'))
    else {
        return cells;
    };
    let count = cells.len() - 1;
    cells.iter().take(count).chain([end]).collect()
}

#[cfg(test)]
mod tests;
