//! How common the pieces of names are among a tenant's accounts: what everybody has says
//! little about who is meant.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::name::Name;
use super::words::TRADE_WORDS;

/// The shipped shares count as if so many accounts had been seen.
const SHIPPED: f64 = 1000.0;
/// What the commonest piece still weighs.
const LEAST: f64 = 0.02;
const LEAST_TOKEN: f64 = 0.05;
/// A place at the beginning weighs this much of what its characters would.
const REGION: f64 = 0.4;
/// 省 or 市 after it.
const REGION_KIND: f64 = 0.04;
/// How much of a word's share each of its characters has.
const OF_WORD: f64 = 0.8;

/// Counts over a sample of a tenant's accounts. Empty, the shipped shares alone speak.
#[derive(Clone, Debug, Default)]
pub struct Commonness {
    accounts: u32,
    characters: HashMap<char, u32>,
    pairs: HashMap<[char; 2], u32>,
    tokens: HashMap<String, u32>,
}

impl Commonness {
    /// Counts one more account by its name.
    pub fn count(&mut self, name: &Name) {
        self.accounts += 1;
        for character in name.core.iter().collect::<HashSet<_>>() {
            *self.characters.entry(*character).or_default() += 1;
        }
        for pair in pairs(&name.core).collect::<HashSet<_>>() {
            *self.pairs.entry(pair).or_default() += 1;
        }
        for token in name.tokens.iter().collect::<HashSet<_>>() {
            *self.tokens.entry(token.clone()).or_default() += 1;
        }
    }

    /// What each character of a core says, 0 to 1: no more than the words it is part of.
    pub fn weights(&self, name: &Name) -> Vec<f64> {
        let core = &name.core;
        let mut weights: Vec<f64> = core.iter().map(|c| self.of_character(*c)).collect();
        for (index, pair) in pairs(core).enumerate() {
            if let Some(weight) = self.of_pair(pair) {
                for weight_there in weights.iter_mut().skip(index).take(2) {
                    *weight_there = weight_there.min(weight);
                }
            }
        }
        for (index, weight) in weights.iter_mut().enumerate().take(name.region) {
            *weight *= if index < name.region_name {
                REGION
            } else {
                REGION_KIND
            };
        }
        weights
    }

    /// What a word in Western letters says, 0 to 1.
    pub fn of_token(&self, token: &str) -> f64 {
        let shipped = TRADE_WORDS.western.get(token).copied().unwrap_or(0.0);
        self.weight(self.tokens.get(token).copied(), shipped)
            .max(LEAST_TOKEN)
    }

    fn of_character(&self, character: char) -> f64 {
        let shipped = CHARACTERS.get(&character).copied().unwrap_or(0.0);
        self.weight(self.characters.get(&character).copied(), shipped)
    }

    /// None for a pair that neither this tenant nor the shipped list knows.
    fn of_pair(&self, pair: [char; 2]) -> Option<f64> {
        let seen = self.pairs.get(&pair).copied();
        let shipped = PAIRS.get(&pair).copied();
        (seen.is_some() || shipped.is_some()).then(|| self.weight(seen, shipped.unwrap_or(0.0)))
    }

    fn weight(&self, seen: Option<u32>, shipped: f64) -> f64 {
        let all = f64::from(self.accounts) + SHIPPED + 1.0;
        let having = f64::from(seen.unwrap_or(0)) + SHIPPED * shipped + 1.0;
        ((all / having).ln() / all.ln()).clamp(LEAST, 1.0)
    }
}

fn pairs(core: &[char]) -> impl Iterator<Item = [char; 2]> + '_ {
    core.windows(2).filter_map(|pair| pair.try_into().ok())
}

static PAIRS: LazyLock<HashMap<[char; 2], f64>> = LazyLock::new(|| {
    let words = TRADE_WORDS.han.iter();
    words
        .filter_map(|(word, share)| {
            let characters: Vec<char> = word.chars().collect();
            Some((characters.try_into().ok()?, *share))
        })
        .collect()
});

static CHARACTERS: LazyLock<HashMap<char, f64>> = LazyLock::new(|| {
    let mut shares: HashMap<char, f64> = HashMap::new();
    for (word, share) in &TRADE_WORDS.han {
        for character in word.chars() {
            *shares.entry(character).or_default() += share * OF_WORD;
        }
    }
    shares
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_accounts_have_weighs_less() {
        let mut common = Commonness::default();
        let brand = Name::read("宏达重工");
        let fresh = common.weights(&brand);
        for _ in 0..500 {
            common.count(&Name::read("宏达机械"));
        }
        let seen = common.weights(&brand);
        assert!(seen[0] < fresh[0]);
        assert!(seen.iter().all(|weight| (0.0..=1.0).contains(weight)));
    }

    #[test]
    fn trade_words_and_places_weigh_little_from_the_start() {
        let common = Commonness::default();
        let weights = common.weights(&Name::read("上海市鼎信科技"));
        assert!(weights[3] > 0.8 && weights[5] < 0.4, "{weights:?}");
        assert!(weights[0] < 0.5 && weights[2] < 0.1, "{weights:?}");
        assert!(common.of_token("the") < common.of_token("siemens"));
    }
}
