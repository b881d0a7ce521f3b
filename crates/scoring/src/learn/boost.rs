//! Boosted tables: round after round each factor's cells take a small step down the loss, so that
//! the sum stays additive and every contribution exact (generalized additive models by boosting,
//! Lou, Caruana, Gehrke 2012).

use super::encoding::Encoding;
use super::monotone;
use super::table::{Grid, Table, probability};

/// The share of a Newton step that is taken.
const RATE: f64 = 0.1;
/// Pulls steps of small cells towards nothing.
const RIDGE: f64 = 5.0;

/// A fit that can go on round by round.
pub(crate) struct Booster<'a> {
    encodings: &'a [Encoding],
    grid: &'a Grid,
    targets: Vec<f64>,
    scores: Vec<f64>,
    pub table: Table,
}

impl<'a> Booster<'a> {
    pub fn start(encodings: &'a [Encoding], grid: &'a Grid) -> Self {
        let targets: Vec<f64> = grid.targets().collect();
        let won: f64 = targets.iter().sum();
        let lost = targets.len() as f64 - won;
        let mut table = Table::zero(encodings);
        table.intercept = (won.max(0.5) / lost.max(0.5)).ln();
        Self {
            encodings,
            grid,
            scores: vec![table.intercept; targets.len()],
            targets,
            table,
        }
    }

    /// One step of every factor.
    pub fn round(&mut self) {
        for factor in 0..self.encodings.len() {
            self.step(factor);
        }
    }

    fn step(&mut self, factor: usize) {
        let cells = &self.grid.cells[factor];
        let weights = &mut self.table.weights[factor];
        let mut gradients = vec![0.0; weights.len()];
        let mut curvatures = vec![0.0; weights.len()];
        for ((cell, score), target) in cells.iter().zip(&self.scores).zip(&self.targets) {
            let Some(cell) = *cell else { continue };
            let chance = probability(*score);
            gradients[cell] += target - chance;
            curvatures[cell] += chance * (1.0 - chance);
        }
        let before = weights.clone();
        for (weight, (gradient, curvature)) in
            weights.iter_mut().zip(gradients.iter().zip(&curvatures))
        {
            *weight += RATE * gradient / (curvature + RIDGE);
        }
        // What is missing has no place in the order.
        monotone::pool(
            &mut weights[1..],
            &curvatures[1..],
            self.encodings[factor].direction,
        );
        for (score, cell) in self.scores.iter_mut().zip(cells) {
            *score += cell.map_or(0.0, |cell| weights[cell] - before[cell]);
        }
    }
}
