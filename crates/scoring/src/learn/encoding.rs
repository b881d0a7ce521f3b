//! How values of a factor fall into cells: bins of numbers and days, answers, and the cell of what
//! is missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Direction;
use super::value::Value;

/// The cell of a value that is missing.
pub(crate) const MISSING: usize = 0;
/// Bins of numbers at most; each with as many rows as possible.
const BINS: usize = 10;
/// A bin or answer rests on at least so many rows.
const SUPPORT: usize = 3;

/// What the cells of a factor are.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) enum Cells {
    /// Cell `i + 1` holds what is at least the `i`th and below the next of: no lower end, the cuts.
    Ordered { cuts: Vec<f64> },
    /// Cell `i + 1` holds the `i`th answer; the last one those that were rare, if there are.
    Answers {
        answers: Vec<String>,
        rare: Vec<String>,
    },
}

/// A factor and its cells.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Encoding {
    pub factor: String,
    pub cells: Cells,
    pub direction: Direction,
}

impl Encoding {
    /// Cells for the values that were seen, each in one row; they are numbers, days or flags, or
    /// are taken as answers.
    pub fn learn(factor: &str, direction: Direction, values: &[&Value]) -> Self {
        let positions: Vec<f64> = values.iter().filter_map(|value| value.position()).collect();
        // A promise is kept by the numbers: a text among them has no place in their order.
        let is_ordered = positions.len() == values.len()
            || (direction != Direction::Any && !positions.is_empty());
        let cells = match is_ordered {
            true => Cells::Ordered {
                cuts: cuts(positions),
            },
            false => answers(values),
        };
        let direction = match cells {
            Cells::Ordered { .. } => direction,
            Cells::Answers { .. } => Direction::Any,
        };
        Self {
            factor: factor.to_owned(),
            cells,
            direction,
        }
    }

    /// How many cells there are, that of what is missing with them.
    pub fn len(&self) -> usize {
        match &self.cells {
            Cells::Ordered { cuts } => cuts.len() + 2,
            Cells::Answers { answers, rare } => answers.len() + 1 + usize::from(!rare.is_empty()),
        }
    }

    /// The cell of a value; none of an answer that was never seen.
    pub fn cell(&self, value: Option<&Value>) -> Option<usize> {
        let Some(value) = value else {
            return Some(MISSING);
        };
        match &self.cells {
            Cells::Ordered { cuts } => {
                let position = value.position()?;
                Some(1 + cuts.partition_point(|cut| *cut <= position))
            }
            Cells::Answers { answers, rare } => {
                let text = value.to_string();
                let common = answers.binary_search(&text).ok();
                let is_rare = || rare.binary_search(&text).ok().map(|_| answers.len());
                common.or_else(is_rare).map(|index| index + 1)
            }
        }
    }

    /// What a cell holds, for people.
    pub fn name(&self, cell: usize) -> String {
        match (&self.cells, cell) {
            (_, MISSING) => String::new(),
            (Cells::Ordered { cuts }, cell) => {
                let from = cell.checked_sub(2).and_then(|index| cuts.get(index));
                let to = cuts.get(cell - 1);
                match (from, to) {
                    (None, None) => "any".to_owned(),
                    (None, Some(to)) => format!("< {to}"),
                    (Some(from), None) => format!(">= {from}"),
                    (Some(from), Some(to)) => format!(">= {from}, < {to}"),
                }
            }
            (Cells::Answers { answers, rare }, cell) => answers
                .get(cell - 1)
                .cloned()
                .unwrap_or_else(|| rare.join(" | ")),
        }
    }
}

/// Cuts between bins of about as many rows each, always between two values that differ.
fn cuts(mut positions: Vec<f64>) -> Vec<f64> {
    positions.sort_by(f64::total_cmp);
    let n = positions.len();
    let bins = (n / SUPPORT).clamp(1, BINS);
    let mut cuts: Vec<f64> = Vec::new();
    for bin in 1..bins {
        let index = n * bin / bins;
        let (Some(before), Some(after)) = (positions.get(index - 1), positions.get(index)) else {
            continue;
        };
        let cut = first_above(&positions, *before, *after);
        if cut.is_some_and(|cut| cuts.last().is_none_or(|last| *last < cut)) {
            cuts.extend(cut);
        }
    }
    cuts
}

/// The cut below `after`, or, where it equals what is before, below the next value that differs.
fn first_above(positions: &[f64], before: f64, after: f64) -> Option<f64> {
    if before < after {
        return Some(after);
    }
    let next = positions.partition_point(|position| *position <= before);
    positions.get(next).copied()
}

fn answers(values: &[&Value]) -> Cells {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value.to_string()).or_default() += 1;
    }
    let (common, rare): (Vec<_>, Vec<_>) =
        counts.into_iter().partition(|(_, count)| *count >= SUPPORT);
    let names = |counted: Vec<(String, usize)>| counted.into_iter().map(|(name, _)| name).collect();
    Cells::Answers {
        answers: names(common),
        rare: names(rare),
    }
}
