//! Thresholds and weights: data, with reasons in docs/matching.md.

use std::sync::LazyLock;

use keynode_proto::accounts::v1::MatchVerdict;
use serde::Deserialize;

use super::words;

/// From which score on two are the same, and what each rule adds to the log odds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// 0 to 1.
    pub same: f64,
    /// 0 to 1, at most `same`.
    pub review: f64,
    pub han: HanWeights,
    pub western: WesternWeights,
    pub fields: FieldWeights,
}

/// For names with Chinese characters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HanWeights {
    pub base: f64,
    pub shared: f64,
    pub run: f64,
    pub contained: f64,
    pub equal_core: f64,
    pub missing: f64,
    pub skipped: f64,
    pub gaps: f64,
    pub rest: f64,
    pub form_shared: f64,
    pub form_missing: f64,
}

/// For names without.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WesternWeights {
    pub base: f64,
    pub covered: f64,
    pub covered_both: f64,
    pub conflict: f64,
}

/// For what is known beside the names; what is unknown on one side adds nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldWeights {
    pub address_same: f64,
    pub address_other_number: f64,
    pub address_other: f64,
    pub phone_same: f64,
    pub phone_other: f64,
}

pub static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| words::read(include_str!("../../data/matching.toml")));

impl Settings {
    /// What a score says.
    pub fn verdict(&self, score: f64) -> MatchVerdict {
        match score {
            s if s >= self.same => MatchVerdict::Same,
            s if s >= self.review => MatchVerdict::Review,
            _ => MatchVerdict::Unspecified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_are_in_order() {
        assert!(0.0 < SETTINGS.review && SETTINGS.review <= SETTINGS.same && SETTINGS.same < 1.0);
        assert_eq!(SETTINGS.verdict(SETTINGS.same), MatchVerdict::Same);
        assert_eq!(SETTINGS.verdict(SETTINGS.review), MatchVerdict::Review);
        assert_eq!(SETTINGS.verdict(0.0), MatchVerdict::Unspecified);
    }
}
