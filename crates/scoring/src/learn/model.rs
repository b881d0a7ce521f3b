//! A model that was learnt: tables by factor, ready to score and to explain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::encoding::{Encoding, MISSING};
use super::table::{Table, probability};
use super::value::{self, Observation, Value};
use super::{Direction, Kind};

/// No open deal is more certain than this, or less than the rest: nothing is over before it is.
const CERTAIN: f64 = 0.995;

/// What was learnt, or set and calibrated. Never changes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Model {
    pub(crate) kind: Kind,
    /// The rows it was learnt from.
    pub(crate) support: usize,
    pub(crate) base: f64,
    pub(crate) factors: Vec<Factor>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Factor {
    pub encoding: Encoding,
    /// Log-odds by cell.
    pub weights: Vec<f64>,
    /// Rows by cell.
    pub support: Vec<usize>,
}

/// The bytes are not those of a model.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are no model: {0}")]
pub struct ModelError(#[from] serde_json::Error);

/// How likely a deal is won, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Over 0 and below 1.
    pub p: f64,
    /// What is said before anything is known.
    pub base_log_odds: f64,
    /// One for each factor of the model in its order, then for those it does not know; with the
    /// base they add up to `ln(p / (1 - p))`.
    pub contributions: Vec<Contribution>,
    /// The rows that the model was learnt from.
    pub support: usize,
}

/// What one factor adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    pub factor: String,
    pub value: Option<Value>,
    pub log_odds: f64,
    pub state: State,
    /// How many rows said the same.
    pub support: usize,
}

/// How much the model knows of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Known,
    /// Not recorded; what that means was learnt.
    Missing,
    /// No row had it, so that it adds nothing.
    Unseen,
    /// The model does not know the factor, so that it adds nothing.
    Unused,
    /// Set after the time asked for, and taken as missing.
    NotVisible,
}

impl Model {
    pub(crate) fn new(
        kind: Kind,
        encodings: Vec<Encoding>,
        table: Table,
        support: Vec<Vec<usize>>,
        rows: usize,
    ) -> Self {
        let factors = encodings.into_iter().zip(table.weights).zip(support);
        Self {
            kind,
            support: rows,
            base: table.intercept.clamp(-limit(), limit()),
            factors: factors
                .map(|((encoding, weights), support)| Factor {
                    encoding,
                    weights,
                    support,
                })
                .collect(),
        }
    }

    /// How it was fitted; never `Auto`.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it says before anything is known.
    pub fn base_log_odds(&self) -> f64 {
        self.base
    }

    /// The factors that it knows, each with what was promised of it.
    pub fn factors(&self) -> impl Iterator<Item = (&str, Direction)> {
        self.factors
            .iter()
            .map(|it| (it.encoding.factor.as_str(), it.encoding.direction))
    }

    /// Scores a deal by what was set by `as_of`, or by everything.
    pub fn score(&self, observations: &[Observation], as_of: Option<Timestamp>) -> Score {
        let is_visible = |it: &Observation| match (it.set_at, as_of) {
            (Some(set), Some(as_of)) => set <= as_of,
            _ => true,
        };
        let known = value::newest(observations, is_visible);
        let hidden = value::newest(observations, |it| !is_visible(it));
        let of_factor = |factor: &Factor| {
            let name = factor.encoding.factor.as_str();
            let found = factor.contribution(known.get(name).copied());
            match found.state {
                State::Missing if hidden.contains_key(name) => Contribution {
                    state: State::NotVisible,
                    ..found
                },
                _ => found,
            }
        };
        let mut contributions: Vec<Contribution> = self.factors.iter().map(of_factor).collect();
        contributions.extend(self.unused(&known));
        bound(self.base, &mut contributions);
        let total: f64 = self.base + contributions.iter().map(|it| it.log_odds).sum::<f64>();
        Score {
            p: probability(total),
            base_log_odds: self.base,
            contributions,
            support: self.support,
        }
    }

    fn unused(&self, known: &BTreeMap<&str, &Value>) -> Vec<Contribution> {
        let is_used = |name: &str| self.factors.iter().any(|it| it.encoding.factor == name);
        let unused = known.iter().filter(|(name, _)| !is_used(name));
        unused
            .map(|(name, value)| Contribution {
                factor: (*name).to_owned(),
                value: Some((*value).clone()),
                log_odds: 0.0,
                state: State::Unused,
                support: 0,
            })
            .collect()
    }

    /// The same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers, texts and lists can be written")
    }

    /// # Errors
    /// The bytes are none that [`Self::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

impl Factor {
    fn contribution(&self, value: Option<&Value>) -> Contribution {
        let cell = self.encoding.cell(value);
        let state = match cell {
            Some(MISSING) => State::Missing,
            Some(_) => State::Known,
            None => State::Unseen,
        };
        let at = |cell: usize| (self.weights.get(cell), self.support.get(cell));
        let (weight, support) = cell.map_or((None, None), at);
        Contribution {
            factor: self.encoding.factor.clone(),
            value: value.cloned(),
            log_odds: weight.copied().unwrap_or(0.0),
            state,
            support: support.copied().unwrap_or(0),
        }
    }
}

/// Keeps the sum inside of what may be said, each part in proportion.
fn bound(base: f64, contributions: &mut [Contribution]) {
    let added: f64 = contributions.iter().map(|it| it.log_odds).sum();
    let allowed = (base + added).clamp(-limit(), limit()) - base;
    if allowed != added && added != 0.0 {
        let part = allowed / added;
        contributions.iter_mut().for_each(|it| it.log_odds *= part);
    }
}

fn limit() -> f64 {
    (CERTAIN / (1.0 - CERTAIN)).ln()
}
