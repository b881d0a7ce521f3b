//! Names in Western letters: words found in the other name, written alike or begun alike.

use super::commonness::Commonness;
use super::name::Name;
use super::rule::Rule;
use super::score::{Reason, reasons};
use super::settings::SETTINGS;

/// Two words are one when they are written so much alike.
const ALIKE: f64 = 0.8;
/// What a word is worth of which the other is the beginning (deli, delicatessen).
const BEGUN: f64 = 0.9;
/// Shorter words must be equal.
const SHORTEST: usize = 4;
/// What the town's own name weighs within a name.
const PLACE: f64 = 0.15;
const LEAST_TOTAL: f64 = 0.01;

/// Compares two names by their words; `place` are the words of both towns.
pub fn compare(a: &Name, b: &Name, place: &[&str], common: &Commonness) -> Vec<Reason> {
    let weigh = |tokens: &[String]| -> Vec<f64> {
        let weight = |token: &String| match place.contains(&token.as_str()) {
            true => common.of_token(token) * PLACE,
            false => common.of_token(token),
        };
        tokens.iter().map(weight).collect()
    };
    let (ours, theirs) = (weigh(&a.tokens), weigh(&b.tokens));
    let found = pair_up(&a.tokens, &b.tokens);
    let weights = &SETTINGS.western;
    let our_side = Side::measure(&ours, found.iter().map(|pair| (pair.0, pair.2)));
    let their_side = Side::measure(&theirs, found.iter().map(|pair| (pair.1, pair.2)));
    let (more, less) = match our_side.covered >= their_side.covered {
        true => (our_side.covered, their_side.covered),
        false => (their_side.covered, our_side.covered),
    };
    reasons(&[
        (Rule::Base, weights.base),
        (Rule::Covered, weights.covered * more),
        (Rule::CoveredBoth, weights.covered_both * less),
        (
            Rule::Conflict,
            weights.conflict * conflict(a, b, &our_side, &their_side),
        ),
    ])
}

/// What each has and the other lacks. Names without any word in common are in conflict
/// wholly, so that one without words in Western letters fits none.
fn conflict(a: &Name, b: &Name, ours: &Side, theirs: &Side) -> f64 {
    match a.tokens.is_empty() || b.tokens.is_empty() {
        true => 1.0,
        false => ours.left.min(theirs.left).min(1.0),
    }
}

/// One name's words in weights.
struct Side {
    /// Share that the other has, 0 to 1.
    covered: f64,
    /// What the other lacks.
    left: f64,
}

impl Side {
    fn measure(weights: &[f64], found: impl Iterator<Item = (usize, f64)>) -> Self {
        let total: f64 = weights.iter().sum();
        let (mut covered, mut left) = (0.0, total);
        for (index, likeness) in found {
            let weight = weights.get(index).copied().unwrap_or(0.0);
            covered += weight * likeness;
            left -= weight;
        }
        Self {
            covered: (covered / total.max(LEAST_TOTAL)).min(1.0),
            left: left.max(0.0),
        }
    }
}

/// Pairs of words that mean the same, each word once, the likest first.
fn pair_up(a: &[String], b: &[String]) -> Vec<(usize, usize, f64)> {
    let mut all: Vec<(usize, usize, f64)> = Vec::new();
    for (i, word) in a.iter().enumerate() {
        for (j, other) in b.iter().enumerate() {
            all.extend(likeness(word, other).map(|likeness| (i, j, likeness)));
        }
    }
    all.sort_by(|x, y| {
        let apart = |pair: &(usize, usize, f64)| pair.0.abs_diff(pair.1);
        y.2.total_cmp(&x.2)
            .then(apart(x).cmp(&apart(y)))
            .then((x.0, x.1).cmp(&(y.0, y.1)))
    });
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    for pair in all {
        if !found
            .iter()
            .any(|other| other.0 == pair.0 || other.1 == pair.1)
        {
            found.push(pair);
        }
    }
    found
}

fn likeness(a: &str, b: &str) -> Option<f64> {
    if a == b {
        return Some(1.0);
    }
    if a.chars().count().min(b.chars().count()) < SHORTEST {
        return None;
    }
    if a.starts_with(b) || b.starts_with(a) {
        return Some(BEGUN);
    }
    Some(strsim::normalized_levenshtein(a, b)).filter(|likeness| *likeness >= ALIKE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_paired_once_whatever_their_order() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            pair_up(&words("hotel bel air"), &words("bel air hotel")).len(),
            3
        );
        assert_eq!(pair_up(&words("bel bel"), &words("bel")).len(), 1);
    }

    #[test]
    fn words_may_be_cut_or_mistyped_but_not_short_ones() {
        assert_eq!(likeness("deli", "delicatessen"), Some(BEGUN));
        assert!(likeness("philippe", "philipe").is_some());
        assert_eq!(likeness("abc", "abd"), None);
        assert_eq!(likeness("grill", "grotta"), None);
    }
}
