//! A card of whole points, set by people: only its calibration is learnt.

use super::Options;
use super::encoding::{Cells, Encoding, MISSING};
use super::table::Table;

/// The factors that have points and are learnt from, with their answers as cells.
pub(crate) fn encodings(options: &Options, kept: &[String]) -> Vec<Encoding> {
    let of_factor = |factor: &super::FactorOptions| {
        let mut answers: Vec<String> = factor
            .points
            .iter()
            .map(|(answer, _)| answer.clone())
            .collect();
        answers.sort();
        answers.dedup();
        Encoding {
            factor: factor.factor.clone(),
            cells: Cells::Answers {
                answers,
                rare: Vec::new(),
            },
            direction: super::Direction::Any,
        }
    };
    let used = options
        .factors
        .iter()
        .filter(|it| kept.contains(&it.factor) && !it.points.is_empty());
    used.map(of_factor).collect()
}

/// The points as they are.
pub(crate) fn table(encodings: &[Encoding], options: &Options) -> Table {
    let mut table = Table::zero(encodings);
    for (encoding, weights) in encodings.iter().zip(&mut table.weights) {
        let Some(factor) = options.of(&encoding.factor) else {
            continue;
        };
        weights[MISSING] = f64::from(factor.missing_points);
        for (cell, weight) in weights.iter_mut().enumerate().skip(1) {
            let answer = encoding.name(cell);
            let points = factor.points.iter().find(|(known, _)| *known == answer);
            *weight = points.map_or(0.0, |(_, points)| f64::from(*points));
        }
    }
    table
}
