//! Rows as cells, and what a model says of cells.

use std::collections::BTreeMap;

use super::encoding::Encoding;
use super::value::Value;

/// The newest visible values of a deal, by factor.
pub(crate) type Known<'v> = BTreeMap<&'v str, &'v Value>;

/// A deal that ended, as training sees it.
#[derive(Clone, Debug)]
pub(crate) struct Case<'v> {
    pub key: &'v str,
    pub known: Known<'v>,
    pub won: bool,
}

/// Rows turned into cells: for each factor the cell of every row.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    /// By factor, then by row; none = an answer that is not known to the encoding.
    pub cells: Vec<Vec<Option<usize>>>,
    pub won: Vec<bool>,
}

impl Grid {
    pub fn of(encodings: &[Encoding], cases: &[&Case<'_>]) -> Self {
        let of_factor = |encoding: &Encoding| {
            let cell =
                |case: &&Case<'_>| encoding.cell(case.known.get(encoding.factor.as_str()).copied());
            cases.iter().map(cell).collect()
        };
        Self {
            cells: encodings.iter().map(of_factor).collect(),
            won: cases.iter().map(|case| case.won).collect(),
        }
    }

    pub fn rows(&self) -> usize {
        self.won.len()
    }

    pub fn targets(&self) -> impl Iterator<Item = f64> + '_ {
        self.won.iter().map(|won| if *won { 1.0 } else { 0.0 })
    }
}

/// Log-odds by factor and cell, and for the deal as such.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub intercept: f64,
    pub weights: Vec<Vec<f64>>,
}

impl Table {
    pub fn zero(encodings: &[Encoding]) -> Self {
        Self {
            intercept: 0.0,
            weights: encodings.iter().map(|it| vec![0.0; it.len()]).collect(),
        }
    }

    /// What the table says of every row of the grid.
    pub fn scores(&self, grid: &Grid) -> Vec<f64> {
        let mut scores = vec![self.intercept; grid.rows()];
        for (cells, weights) in grid.cells.iter().zip(&self.weights) {
            for (score, cell) in scores.iter_mut().zip(cells) {
                *score += cell.map_or(0.0, |cell| weights[cell]);
            }
        }
        scores
    }

    /// `slope` times the table, moved by `shift`.
    pub fn calibrated(mut self, slope: f64, shift: f64) -> Self {
        self.intercept = self.intercept * slope + shift;
        self.weights
            .iter_mut()
            .flatten()
            .for_each(|weight| *weight *= slope);
        self
    }

    /// The mean of two tables over the same cells.
    pub fn mean(&self, other: &Self) -> Self {
        let weights = self.weights.iter().zip(&other.weights);
        let weights = weights.map(|(a, b)| {
            a.iter()
                .zip(b)
                .map(|(a, b)| f64::midpoint(*a, *b))
                .collect()
        });
        Self {
            intercept: f64::midpoint(self.intercept, other.intercept),
            weights: weights.collect(),
        }
    }

    /// The same table where cells that no row of the grid told add nothing: what is unknown is
    /// neither the lowest bin nor what smoothing makes of no rows. Only for a centred table.
    pub fn told(mut self, grid: &Grid) -> Self {
        for (cells, weights) in grid.cells.iter().zip(&mut self.weights) {
            let mut rows = vec![0_usize; weights.len()];
            cells.iter().flatten().for_each(|cell| rows[*cell] += 1);
            let untold = weights
                .iter_mut()
                .zip(&rows)
                .filter(|(_, rows)| **rows == 0);
            untold.for_each(|(weight, _)| *weight = 0.0);
        }
        self
    }

    /// The same table with weights of mean zero over the rows of the grid: what a factor adds is
    /// then told against the typical deal.
    pub fn centred(mut self, grid: &Grid) -> Self {
        for (cells, weights) in grid.cells.iter().zip(&mut self.weights) {
            let known = cells.iter().flatten();
            let total: f64 = known.clone().map(|cell| weights[*cell]).sum();
            let mean = total / (known.count().max(1) as f64);
            weights.iter_mut().for_each(|weight| *weight -= mean);
            self.intercept += mean;
        }
        self
    }
}

pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
