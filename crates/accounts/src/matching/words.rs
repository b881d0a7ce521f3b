//! The word lists that come with the release, read once.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Endings and marks that do not tell organisations apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalForms {
    pub han: Vec<String>,
    pub telling: Vec<String>,
    pub marks_before: Vec<String>,
    pub marks_behind: Vec<String>,
    pub western: Vec<String>,
}

/// Places with which Chinese names begin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    pub names: Vec<String>,
    pub followers: Vec<String>,
}

/// Words that many names have, with the share that has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeWords {
    pub han: HashMap<String, f64>,
    pub western: HashMap<String, f64>,
}

/// How Western addresses are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Streets {
    pub kinds: Vec<String>,
    pub directions: Vec<String>,
    pub ends: Vec<String>,
    pub short: HashMap<String, String>,
}

pub static LEGAL_FORMS: LazyLock<LegalForms> = LazyLock::new(|| {
    let mut forms: LegalForms = read(include_str!("../../data/legal_forms.toml"));
    for list in [
        &mut forms.han,
        &mut forms.marks_before,
        &mut forms.marks_behind,
        &mut forms.western,
    ] {
        longest_first(list);
    }
    forms
});

pub static REGIONS: LazyLock<Regions> = LazyLock::new(|| {
    let mut regions: Regions = read(include_str!("../../data/regions.toml"));
    longest_first(&mut regions.names);
    longest_first(&mut regions.followers);
    regions
});

pub static TRADE_WORDS: LazyLock<TradeWords> =
    LazyLock::new(|| read(include_str!("../../data/trade_words.toml")));

pub static STREETS: LazyLock<Streets> =
    LazyLock::new(|| read(include_str!("../../data/streets.toml")));

/// Reads a list that is part of the release.
pub fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    toml::from_str(text).expect("a list that comes with the release is well-formed")
}

fn longest_first(list: &mut [String]) {
    list.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn every_list_is_read_and_folded() {
        let forms = LEGAL_FORMS.han.iter().chain(&LEGAL_FORMS.western);
        let words = TRADE_WORDS.han.keys().chain(TRADE_WORDS.western.keys());
        let streets = STREETS.kinds.iter().chain(STREETS.short.keys());
        for word in forms.chain(words).chain(streets).chain(&REGIONS.names) {
            assert_eq!(&fold(word), word);
        }
    }

    #[test]
    fn shares_are_shares() {
        let all = TRADE_WORDS.han.values().chain(TRADE_WORDS.western.values());
        assert!(all.into_iter().all(|share| (0.0..=1.0).contains(share)));
    }
}
