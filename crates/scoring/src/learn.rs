//! Learns from deals that ended how likely an open one is won. Pure: rows and options in, model
//! and report out; the same rows in any order, with the same seed, give the same bytes.
//!
//! Every kind of model has one form: a table of log-odds for each factor, by the bin or answer
//! that a value falls into, and one for a value that is missing. What is fitted differs, what is
//! told does not: `base + Σ contributions = ln(p / (1 - p))`. See
//! `docs/win-probability-method.md`.

mod bayes;
mod boost;
mod calibration;
mod card;
mod columns;
mod encoding;
mod folds;
mod guard;
mod logistic;
pub mod metrics;
mod model;
mod monotone;
mod table;
mod training;
mod value;

pub use self::guard::{Excluded, Exclusion};
pub use self::metrics::{Bin, Metrics, evaluate};
pub(crate) use self::table::probability;

pub use self::model::{Contribution, Model, ModelError, Score, State};
pub use self::training::{Candidate, FactorReport, LevelReport, Report, Skill, Trained, train};
pub use self::value::{Observation, Row, Value};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a model is fitted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Kind {
    /// The one that does best on rows it was not fitted to; the simplest where they do alike.
    Auto,
    /// Logistic regression with an L2 penalty over bins and answers.
    Logistic,
    /// Boosted tables, one factor after the other.
    Booster,
    /// The mean of both in log-odds.
    Blend,
    /// Frequencies of each answer among won and lost deals, as if factors did not hang together.
    NaiveBayes,
    /// Whole points for answers, set by people; only its calibration is fitted.
    Card,
}

/// What is promised of a factor: more of it never lowers, or never raises, the probability.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Direction {
    #[default]
    Any,
    Increasing,
    Decreasing,
}

/// What is said of one factor before training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FactorOptions {
    pub factor: String,
    pub direction: Direction,
    /// Left out whatever it would tell.
    pub excluded: bool,
    /// With `Kind::Card`: points by answer, as the value displays.
    pub points: Vec<(String, i32)>,
    /// With `Kind::Card`: points where there is no answer.
    pub missing_points: i32,
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub kind: Kind,
    /// Deals rows to folds; another seed is another deal.
    pub seed: u64,
    /// Into how many parts rows are dealt, 2 or more.
    pub folds: usize,
    /// With fewer won deals nothing is said.
    pub min_won: usize,
    /// With fewer lost deals nothing is said.
    pub min_lost: usize,
    /// What ended or was set after this does not exist.
    pub as_of: Option<Timestamp>,
    /// The strength of the penalty; 0 = the one that does best on rows not fitted to.
    pub l2: f64,
    pub factors: Vec<FactorOptions>,
    /// A factor that alone tells won from lost this well (area under the curve) is excluded: it
    /// knows the end.
    pub separation_limit: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Auto,
            seed: 0,
            folds: 10,
            min_won: 40,
            min_lost: 40,
            as_of: None,
            l2: 0.0,
            factors: Vec::new(),
            separation_limit: 0.97,
        }
    }
}

impl Options {
    pub(crate) fn of(&self, factor: &str) -> Option<&FactorOptions> {
        self.factors.iter().find(|it| it.factor == factor)
    }

    pub(crate) fn direction(&self, factor: &str) -> Direction {
        self.of(factor).map_or(Direction::Any, |it| it.direction)
    }
}

/// Why nothing can be learnt.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("{won} won and {lost} lost deals are too few, {min_won} and {min_lost} are needed")]
    TooFew {
        won: usize,
        lost: usize,
        min_won: usize,
        min_lost: usize,
    },
    #[error("no factor is left to learn from")]
    NoFactors { excluded: Vec<Excluded> },
}

#[cfg(test)]
mod tests;
