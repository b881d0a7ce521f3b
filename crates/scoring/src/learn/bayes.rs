//! The naive frequency score: how often each answer stands among won and among lost deals, as if
//! factors did not hang together. Users of the best-known open-source CRM know it; without
//! calibration it says too much.

use super::encoding::Encoding;
use super::monotone;
use super::table::{Grid, Table};

/// Added to every count, as there.
const SMOOTHING: f64 = 0.1;

pub(crate) fn fit(encodings: &[Encoding], grid: &Grid) -> Table {
    let won: f64 = grid.targets().sum();
    let lost = grid.rows() as f64 - won;
    let mut table = Table::zero(encodings);
    table.intercept = (won.max(0.5) / lost.max(0.5)).ln();
    for (factor, encoding) in encodings.iter().enumerate() {
        let weights = &mut table.weights[factor];
        let mut counts = vec![(0.0, 0.0); weights.len()];
        for (cell, target) in grid.cells[factor].iter().zip(grid.targets()) {
            let Some(cell) = *cell else { continue };
            counts[cell].0 += target;
            counts[cell].1 += 1.0 - target;
        }
        let share = |count: f64, all: f64| (count + SMOOTHING) / (all + SMOOTHING);
        for (weight, (of_won, of_lost)) in weights.iter_mut().zip(&counts) {
            *weight = (share(*of_won, won) / share(*of_lost, lost)).ln();
        }
        let rows: Vec<f64> = counts.iter().map(|(won, lost)| won + lost).collect();
        monotone::pool(&mut weights[1..], &rows[1..], encoding.direction);
    }
    table
}
