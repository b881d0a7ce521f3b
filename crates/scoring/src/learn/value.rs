//! What is known of deals that ended, and since when.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a factor says of a deal. A value that is missing is not there: never zero, never false.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Value {
    /// Finite.
    Number(f64),
    Category(String),
    Date(Date),
    Flag(bool),
}

/// A value, and when it was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub factor: String,
    pub value: Value,
    /// None = not known: it is held to be set in time.
    pub set_at: Option<Timestamp>,
}

/// A deal that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Unique among the rows.
    pub key: String,
    /// Of one factor the one set last counts.
    pub observations: Vec<Observation>,
    pub won: bool,
    pub closed_at: Option<Timestamp>,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Category(text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl Value {
    /// Where the value lies among others of its factor; none of a category.
    pub(crate) fn position(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number).filter(|number| number.is_finite()),
            Self::Date(date) => Some(days(*date)),
            Self::Flag(flag) => Some(if *flag { 1.0 } else { 0.0 }),
            Self::Category(_) => None,
        }
    }
}

/// Days since 1970.
fn days(date: Date) -> f64 {
    let since = jiff::civil::date(1970, 1, 1)
        .until(date)
        .map_or(0, |span| span.get_days());
    f64::from(since)
}

/// The newest value of each factor among those that are visible, in the order of the factors.
pub(crate) fn newest(
    observations: &[Observation],
    is_visible: impl Fn(&Observation) -> bool,
) -> std::collections::BTreeMap<&str, &Value> {
    let mut sorted: Vec<&Observation> = observations.iter().filter(|it| is_visible(it)).collect();
    // Stable: of values set at the same time the one told last counts.
    sorted.sort_by_key(|it| it.set_at);
    sorted
        .into_iter()
        .map(|it| (it.factor.as_str(), &it.value))
        .collect()
}
