//! Logistic regression with an L2 penalty, by coordinate descent with Newton steps: each step is
//! kept inside of the sign that was promised (Friedman, Hastie, Tibshirani 2010, without the L1
//! part).

use super::Direction;
use super::columns::{Column, columns};
use super::encoding::Encoding;
use super::table::{Grid, Table, probability};

const MAX_PASSES: usize = 200;
/// The penalty is learnt in so many rounds, from here on, and stays between these.
const ROUNDS: usize = 15;
const START: f64 = 10.0;
const WEAKEST: f64 = 0.1;
const STRONGEST: f64 = 1e6;
const TOLERANCE: f64 = 1e-5;

/// Fits the table that is most likely under the penalty; 0 = the penalty is learnt too.
pub(crate) fn fit(encodings: &[Encoding], grid: &Grid, l2: f64) -> Table {
    let columns = columns(encodings, grid);
    let mut fit = Fit::start(grid);
    let mut weights = vec![0.0; columns.len()];
    let mut penalty = if l2 > 0.0 { l2 } else { START };
    for _ in 0..ROUNDS {
        fit.descend(&columns, &mut weights, penalty);
        if l2 > 0.0 {
            break;
        }
        penalty = fit.evidence(&columns, &weights, penalty);
    }
    table(encodings, &columns, &weights, fit.intercept)
}

/// Where the fit stands.
struct Fit {
    intercept: f64,
    scores: Vec<f64>,
    chances: Vec<f64>,
    targets: Vec<f64>,
}

impl Fit {
    fn start(grid: &Grid) -> Self {
        let targets: Vec<f64> = grid.targets().collect();
        Self {
            intercept: 0.0,
            scores: vec![0.0; grid.rows()],
            chances: vec![0.5; grid.rows()],
            targets,
        }
    }

    fn descend(&mut self, columns: &[Column], weights: &mut [f64], penalty: f64) {
        for _ in 0..MAX_PASSES {
            let mut largest = self.step_intercept();
            for (column, weight) in columns.iter().zip(weights.iter_mut()) {
                largest = largest.max(self.step(column, weight, penalty));
            }
            if largest < TOLERANCE {
                break;
            }
        }
    }

    /// The penalty under which the rows are most likely: how many weights the rows decide, over
    /// the squares of the weights (MacKay 1992, with the diagonal of the curvature).
    fn evidence(&self, columns: &[Column], weights: &[f64], penalty: f64) -> f64 {
        let decided = columns.iter().map(|column| {
            let (_, curvature) = self.slope(&column.rows);
            curvature / (curvature + penalty)
        });
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        (decided.sum::<f64>() / squares.max(f64::MIN_POSITIVE)).clamp(WEAKEST, STRONGEST)
    }

    fn step_intercept(&mut self) -> f64 {
        let all: Vec<usize> = (0..self.targets.len()).collect();
        let (gradient, curvature) = self.slope(&all);
        let step = -gradient / curvature.max(1e-12);
        self.intercept += step;
        self.shift(&all, step);
        step.abs()
    }

    fn step(&mut self, column: &Column, weight: &mut f64, l2: f64) -> f64 {
        let (gradient, curvature) = self.slope(&column.rows);
        let wished = *weight - (gradient + l2 * *weight) / (curvature + l2);
        let next = match column.sign {
            Direction::Any => wished,
            Direction::Increasing => wished.max(0.0),
            Direction::Decreasing => wished.min(0.0),
        };
        let step = next - *weight;
        if step != 0.0 {
            *weight = next;
            self.shift(&column.rows, step);
        }
        step.abs()
    }

    /// First and second derivative of the loss along rows that move together.
    fn slope(&self, rows: &[usize]) -> (f64, f64) {
        rows.iter().fold((0.0, 0.0), |(gradient, curvature), row| {
            let chance = self.chances[*row];
            (
                gradient + chance - self.targets[*row],
                curvature + chance * (1.0 - chance),
            )
        })
    }

    fn shift(&mut self, rows: &[usize], step: f64) {
        for row in rows {
            self.scores[*row] += step;
            self.chances[*row] = probability(self.scores[*row]);
        }
    }
}

fn table(encodings: &[Encoding], columns: &[Column], weights: &[f64], intercept: f64) -> Table {
    let mut table = Table::zero(encodings);
    table.intercept = intercept;
    for (column, weight) in columns.iter().zip(weights) {
        let cells = table.weights[column.factor].iter_mut().enumerate();
        cells
            .filter(|(cell, _)| column.covers.holds(*cell))
            .for_each(|(_, it)| *it += weight);
    }
    table
}
