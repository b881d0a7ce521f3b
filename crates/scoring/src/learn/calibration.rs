//! Platt's calibration: the line through scores that makes outcomes most likely (Platt 1999, with
//! his targets against overconfidence). A line keeps contributions exact and order as it is.

use super::table::probability;

const MAX_STEPS: usize = 100;

/// `slope × score + shift` is calibrated log-odds; the slope is never negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub slope: f64,
    pub shift: f64,
}

impl Line {
    pub fn at(self, score: f64) -> f64 {
        self.slope * score + self.shift
    }
}

/// Fits by Newton steps; where scores tell nothing, or the wrong way, the line is flat at the base
/// rate.
pub(crate) fn fit(scores: &[f64], won: &[bool]) -> Line {
    let wins = won.iter().filter(|it| **it).count() as f64;
    let losses = won.len() as f64 - wins;
    let target = |won: bool| match won {
        true => (wins + 1.0) / (wins + 2.0),
        false => 1.0 / (losses + 2.0),
    };
    let targets: Vec<f64> = won.iter().map(|it| target(*it)).collect();
    let flat = Line {
        slope: 0.0,
        shift: ((wins + 1.0) / (losses + 1.0)).ln(),
    };
    let mut line = flat;
    for _ in 0..MAX_STEPS {
        let Some((slope, shift)) = newton(line, scores, &targets) else {
            break;
        };
        line = Line {
            slope: line.slope - slope,
            shift: line.shift - shift,
        };
        if slope.abs().max(shift.abs()) < 1e-10 {
            break;
        }
    }
    let is_line = line.slope.is_finite() && line.shift.is_finite() && line.slope > 0.0;
    if is_line { line } else { flat }
}

/// The step to take; none where there is nothing to gain.
fn newton(line: Line, scores: &[f64], targets: &[f64]) -> Option<(f64, f64)> {
    let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
    for (score, target) in scores.iter().zip(targets) {
        let chance = probability(line.at(*score));
        let (error, spread) = (chance - target, chance * (1.0 - chance));
        g0 += error;
        g1 += error * score;
        h00 += spread;
        h01 += spread * score;
        h11 += spread * score * score;
    }
    let determinant = h00 * h11 - h01 * h01;
    if determinant.abs() < 1e-12 {
        return None;
    }
    let slope = (h00 * g1 - h01 * g0) / determinant;
    let shift = (h11 * g0 - h01 * g1) / determinant;
    Some((slope, shift))
}
