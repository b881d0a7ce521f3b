//! How a caller wants a model trained.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{
    AnswerPoints, FactorDirection, WinFactorOptions, WinModelKind, WinTrainingOptions,
};

use super::rows::{self, MAX_FACTORS};
use crate::learn::{Direction, FactorOptions, Kind, Options};

const MAX_ANSWERS: usize = 1000;
const MAX_POINTS: i64 = 1000;
const MAX_FOLDS: i64 = 50;
const MAX_MIN: i64 = 10_000;
const MAX_L2: f64 = 1e6;

/// Reads the options; every bad field is noted.
pub(super) fn read(bad: &mut Violations, given: &WinTrainingOptions) -> Options {
    let defaults = Options::default();
    let count =
        |bad: &mut Violations, field: &str, value: i32, least: i64, most: i64, or: usize| {
            if value == 0 {
                return or;
            }
            let value = bad.range(&format!("options.{field}"), value.into(), least..=most);
            usize::try_from(value).unwrap_or(or)
        };
    let separation_limit = match given.separation_limit {
        0.0 => defaults.separation_limit,
        limit => limit,
    };
    // Also refuses what is not a number.
    if !(separation_limit > 0.5 && separation_limit <= 1.0) {
        bad.add("options.separation_limit", "must be over 0.5 and at most 1");
    }
    if !(0.0..=MAX_L2).contains(&given.l2) {
        bad.add("options.l2", format!("must be 0 to {MAX_L2}"));
    }
    let kind: WinModelKind = bad.optional_enum("options.kind", given.kind);
    Options {
        kind: kind_of(kind),
        seed: given.seed.cast_unsigned(),
        folds: count(bad, "folds", given.folds, 2, MAX_FOLDS, defaults.folds),
        min_won: count(bad, "min_won", given.min_won, 1, MAX_MIN, defaults.min_won),
        min_lost: count(
            bad,
            "min_lost",
            given.min_lost,
            1,
            MAX_MIN,
            defaults.min_lost,
        ),
        as_of: bad.optional_timestamp("options.as_of_time", given.as_of_time.as_ref()),
        l2: given.l2,
        factors: factors(bad, given),
        separation_limit,
    }
}

fn factors(bad: &mut Violations, given: &WinTrainingOptions) -> Vec<FactorOptions> {
    if given.factors.len() > MAX_FACTORS {
        bad.add("options.factors", format!("must be at most {MAX_FACTORS}"));
        return Vec::new();
    }
    let mut names = HashSet::new();
    let mut read = Vec::new();
    for (index, factor) in given.factors.iter().enumerate() {
        let field = format!("options.factors[{index}]");
        let options = factor_options(bad, &field, factor);
        if !names.insert(options.factor.clone()) {
            bad.add(format!("{field}.factor"), "must be named once");
        }
        read.push(options);
    }
    let has_points = read.iter().any(|it| !it.points.is_empty() && !it.excluded);
    if given.kind() == WinModelKind::Card && !has_points {
        bad.add(
            "options.factors",
            "must give points for one factor at least, with CARD",
        );
    }
    read
}

fn factor_options(bad: &mut Violations, field: &str, given: &WinFactorOptions) -> FactorOptions {
    let direction: FactorDirection =
        bad.optional_enum(&format!("{field}.direction"), given.direction);
    let missing = format!("{field}.missing_points");
    bad.range(
        &missing,
        given.missing_points.into(),
        -MAX_POINTS..=MAX_POINTS,
    );
    FactorOptions {
        factor: rows::factor(bad, &format!("{field}.factor"), &given.factor),
        direction: direction_of(direction),
        excluded: given.excluded,
        points: points(bad, field, &given.points),
        missing_points: given.missing_points,
    }
}

fn points(bad: &mut Violations, field: &str, given: &[AnswerPoints]) -> Vec<(String, i32)> {
    if given.len() > MAX_ANSWERS {
        bad.add(
            format!("{field}.points"),
            format!("must be at most {MAX_ANSWERS}"),
        );
        return Vec::new();
    }
    let mut answers = HashSet::new();
    for (index, one) in given.iter().enumerate() {
        let field = format!("{field}.points[{index}]");
        if one.answer.is_empty() {
            bad.add(
                format!("{field}.answer"),
                "must not be empty; see missing_points",
            );
        } else if !answers.insert(&one.answer) {
            bad.add(format!("{field}.answer"), "must stand once in its factor");
        }
        bad.range(
            &format!("{field}.points"),
            one.points.into(),
            -MAX_POINTS..=MAX_POINTS,
        );
    }
    given
        .iter()
        .map(|one| (one.answer.clone(), one.points))
        .collect()
}

fn kind_of(kind: WinModelKind) -> Kind {
    match kind {
        WinModelKind::Unspecified => Kind::Auto,
        WinModelKind::Logistic => Kind::Logistic,
        WinModelKind::Booster => Kind::Booster,
        WinModelKind::Blend => Kind::Blend,
        WinModelKind::NaiveBayes => Kind::NaiveBayes,
        WinModelKind::Card => Kind::Card,
    }
}

fn direction_of(direction: FactorDirection) -> Direction {
    match direction {
        FactorDirection::Unspecified => Direction::Any,
        FactorDirection::Increasing => Direction::Increasing,
        FactorDirection::Decreasing => Direction::Decreasing,
    }
}
