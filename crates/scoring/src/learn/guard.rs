//! Keeps what knows the end out of the training: values that were set at or after closing, and
//! factors that alone tell won from lost almost perfectly.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::metrics::evaluate;
use super::table::{Case, Grid, probability};
use super::value::{self, Observation, Row, Value};
use super::{Options, bayes, folds};

/// A factor of which a larger share was set at or after closing is not learnt from.
const MOSTLY_IN_TIME: f64 = 0.2;

/// A factor that is not learnt from, and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Excluded {
    pub factor: String,
    pub reason: Exclusion,
}

/// Why a factor is not learnt from.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Exclusion {
    /// The options say so.
    Asked,
    /// More than a fifth of its values was set at or after closing, or none before that and by
    /// `as_of` where that is given.
    NotKnownInTime,
    /// Alone it tells won from lost this well, by rows that it was not fitted to: it knows the end.
    Separates { auc: f64 },
    /// It says the same of every deal.
    Constant,
}

/// Values that were left out, by factor.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Dropped {
    /// Set at or after closing.
    pub after_closing: usize,
    /// Set after `as_of`.
    pub after_as_of: usize,
}

/// What is left of the rows, and what was left out of them.
pub(crate) struct Guarded<'v> {
    pub cases: Vec<Case<'v>>,
    pub dropped: BTreeMap<String, Dropped>,
}

/// Rows as they stood before they closed, in the order of their keys.
pub(crate) fn before_closing<'v>(rows: &'v [Row], as_of: Option<Timestamp>) -> Guarded<'v> {
    let is_there = |row: &&Row| match (row.closed_at, as_of) {
        (Some(closed), Some(as_of)) => closed <= as_of,
        // Nobody knows whether it had ended by then.
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let mut rows: Vec<&Row> = rows.iter().filter(is_there).collect();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    let mut dropped: BTreeMap<String, Dropped> = BTreeMap::new();
    for row in &rows {
        for observation in &row.observations {
            let late = lateness(row, observation, as_of);
            if late != Dropped::default() {
                let of_factor = dropped.entry(observation.factor.clone()).or_default();
                of_factor.after_closing += late.after_closing;
                of_factor.after_as_of += late.after_as_of;
            }
        }
    }
    let case = |row: &'v Row| Case {
        key: &row.key,
        known: value::newest(&row.observations, |it| {
            lateness(row, it, as_of) == Dropped::default()
        }),
        won: row.won,
    };
    Guarded {
        cases: rows.into_iter().map(case).collect(),
        dropped,
    }
}

fn lateness(row: &Row, observation: &Observation, as_of: Option<Timestamp>) -> Dropped {
    let after = |limit: Option<Timestamp>, is_late: fn(&Timestamp, &Timestamp) -> bool| {
        let pair = observation.set_at.zip(limit);
        usize::from(pair.is_some_and(|(set, limit)| is_late(&set, &limit)))
    };
    Dropped {
        after_closing: after(row.closed_at, |set, closed| set >= closed),
        after_as_of: after(as_of, |set, as_of| set > as_of),
    }
}

/// The factors to learn from, and those that are excluded. What is excluded for itself has no
/// part in how rows are dealt to folds, by which those that know the end are found.
pub(crate) fn factors(guarded: &Guarded<'_>, options: &Options) -> (Vec<String>, Vec<Excluded>) {
    let mut names: Vec<&str> = guarded.dropped.keys().map(String::as_str).collect();
    names.extend(guarded.cases.iter().flat_map(|case| case.known.keys()));
    names.sort_unstable();
    names.dedup();
    let (mut kept, mut excluded) = (Vec::new(), Vec::new());
    for name in names {
        match exclusion(name, guarded, options) {
            None => kept.push(name.to_owned()),
            Some(reason) => excluded.push(named(name, reason)),
        }
    }
    let folds = folds::deal(&guarded.cases, &kept, options.folds, options.seed);
    kept.retain(|name| {
        let auc = separation(name, &guarded.cases, &folds, options);
        let knows = auc.filter(|auc| *auc >= options.separation_limit);
        excluded.extend(knows.map(|auc| named(name, Exclusion::Separates { auc })));
        knows.is_none()
    });
    excluded.sort_by(|a, b| a.factor.cmp(&b.factor));
    (kept, excluded)
}

fn named(factor: &str, reason: Exclusion) -> Excluded {
    Excluded {
        factor: factor.to_owned(),
        reason,
    }
}

/// Why a factor is excluded before anything is learnt from it.
fn exclusion(factor: &str, guarded: &Guarded<'_>, options: &Options) -> Option<Exclusion> {
    if options.of(factor).is_some_and(|it| it.excluded) {
        return Some(Exclusion::Asked);
    }
    let all: Vec<&Case<'_>> = guarded.cases.iter().collect();
    let known = all
        .iter()
        .filter(|case| case.known.contains_key(factor))
        .count();
    let late = guarded.dropped.get(factor).map_or(0, |it| it.after_closing);
    // That the rest of it is there, or is not, would tell how the deal ended.
    if known == 0 || late as f64 > MOSTLY_IN_TIME * (late + known) as f64 {
        return Some(Exclusion::NotKnownInTime);
    }
    let encoding = encode(factor, &all, options);
    let cells: Vec<_> = all
        .iter()
        .map(|case| encoding.cell(value_of(case, factor)))
        .collect();
    let is_constant = cells.windows(2).all(|pair| pair[0] == pair[1]);
    is_constant.then_some(Exclusion::Constant)
}

/// How well the factor alone tells won from lost, by rows of other folds.
fn separation(factor: &str, cases: &[Case<'_>], folds: &[usize], options: &Options) -> Option<f64> {
    let mut predictions = Vec::with_capacity(cases.len());
    for fold in 0..options.folds {
        let part = |held: bool| -> Vec<&Case<'_>> {
            let chosen = cases
                .iter()
                .zip(folds)
                .filter(|(_, of)| (**of == fold) == held);
            chosen.map(|(case, _)| case).collect()
        };
        let (rest, held) = (part(false), part(true));
        let encodings = [encode(factor, &rest, options)];
        let table = bayes::fit(&encodings, &Grid::of(&encodings, &rest));
        let grid = Grid::of(&encodings, &held);
        let scores = table.scores(&grid);
        predictions.extend(scores.into_iter().map(probability).zip(grid.won));
    }
    evaluate(&predictions).auc
}

/// The cells of a factor as these cases know it.
pub(crate) fn encode(factor: &str, cases: &[&Case<'_>], options: &Options) -> Encoding {
    let values: Vec<&Value> = cases
        .iter()
        .filter_map(|case| value_of(case, factor))
        .collect();
    Encoding::learn(factor, options.direction(factor), &values)
}

fn value_of<'v>(case: &Case<'v>, factor: &str) -> Option<&'v Value> {
    case.known.get(factor).copied()
}
