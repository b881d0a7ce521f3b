//! Chinese names: the shorter is laid along the longer, character by character, as people
//! abbreviate (首创环保 in 北京首创生态环保集团).

use super::commonness::Commonness;
use super::name::Name;
use super::rule::Rule;
use super::score::{Reason, reasons};
use super::settings::SETTINGS;

/// What two characters that stand together in both names are worth beside their weights.
const TOGETHER: f64 = 0.25;
/// What any character is worth, so that one is taken rather than none.
const ANY: f64 = 0.01;
/// More than this of shared weight does not make more certain.
const MOST_SHARED: f64 = 3.0;
const MOST_MISSING: f64 = 2.0;
const MOST_SKIPPED: f64 = 2.0;
const MOST_BESIDE: f64 = 3.0;

/// Compares a name with one that is at least as long.
pub fn compare(short: &Name, long: &Name, common: &Commonness) -> Vec<Reason> {
    let (ours, theirs) = (common.weights(short), common.weights(long));
    let found = align(&short.core, &ours, &long.core);
    let fit = Fit::measure(&found, &ours, &theirs, long.region);
    let weights = &SETTINGS.han;
    let as_number = |is: bool| f64::from(u8::from(is));
    let has = |form: &&str| long.forms.contains(form);
    let is_form_shared = short.forms.iter().any(has);
    let is_form_missing = short.forms.iter().any(|form| !has(form));
    reasons(&[
        (Rule::Base, weights.base),
        (Rule::Shared, weights.shared * fit.shared),
        (Rule::Run, weights.run * fit.run),
        (
            Rule::Contained,
            weights.contained * as_number(fit.missing == 0.0),
        ),
        (
            Rule::EqualCore,
            weights.equal_core * as_number(short.core == long.core),
        ),
        (Rule::Missing, weights.missing * fit.missing),
        (Rule::Skipped, weights.skipped * fit.skipped),
        (Rule::Gaps, weights.gaps * fit.gaps),
        (Rule::Rest, weights.rest * fit.rest),
        (
            Rule::FormShared,
            weights.form_shared * as_number(is_form_shared),
        ),
        (
            Rule::FormMissing,
            weights.form_missing * as_number(is_form_missing),
        ),
    ])
}

/// How the shorter lies along the longer, in weights.
#[derive(Debug, Default)]
struct Fit {
    shared: f64,
    /// Share of the neighbours that stayed neighbours.
    run: f64,
    /// Of the shorter, not found.
    missing: f64,
    /// Of the longer: after its place and before the first found.
    skipped: f64,
    /// Between the first and the last found.
    gaps: f64,
    /// After the last found.
    rest: f64,
}

impl Fit {
    fn measure(found: &[(usize, usize)], ours: &[f64], theirs: &[f64], region: usize) -> Self {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return Self {
                missing: ours.iter().sum::<f64>().min(MOST_MISSING),
                ..Self::default()
            };
        };
        let is_ours = |i: usize| found.iter().any(|pair| pair.0 == i);
        let is_theirs = |j: usize| found.iter().any(|pair| pair.1 == j);
        let weigh = |range: std::ops::Range<usize>| -> f64 {
            range
                .filter(|j| !is_theirs(*j))
                .filter_map(|j| theirs.get(j))
                .sum()
        };
        let brand = found.iter().map(|pair| pair.1).find(|j| *j >= region);
        let missing: f64 = (0..ours.len())
            .filter(|i| !is_ours(*i))
            .filter_map(|i| ours.get(i))
            .sum();
        let neighbours = found
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if b.0 == a.0 + 1 && b.1 == a.1 + 1))
            .count();
        Self {
            shared: found
                .iter()
                .filter_map(|pair| ours.get(pair.0))
                .sum::<f64>()
                .min(MOST_SHARED),
            run: neighbours as f64 / ours.len().saturating_sub(1).max(1) as f64,
            missing: missing.min(MOST_MISSING),
            skipped: weigh(region..brand.unwrap_or(theirs.len())).min(MOST_SKIPPED),
            gaps: weigh(first.1..last.1).min(MOST_BESIDE),
            rest: weigh(last.1 + 1..theirs.len()).min(MOST_BESIDE),
        }
    }
}

/// The heaviest common subsequence, with a bonus for what stands together in both: pairs of
/// positions, ascending.
fn align(short: &[char], weights: &[f64], long: &[char]) -> Vec<(usize, usize)> {
    let table = Table::fill(short, weights, long);
    let (mut i, mut j) = (short.len(), long.len());
    let mut pairs = Vec::new();
    let mut is_bound = false;
    while i > 0 && j > 0 {
        let matched = table.matched(i, j);
        if is_bound || (matched.is_finite() && matched >= table.best(i, j)) {
            pairs.push((i - 1, j - 1));
            is_bound = table.matched(i - 1, j - 1) + TOGETHER > table.best(i - 1, j - 1);
            i -= 1;
            j -= 1;
        } else if table.best(i - 1, j) >= table.best(i, j) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    pairs.reverse();
    pairs
}

/// For each pair of prefixes, the best alignment and the best that ends with a match.
struct Table {
    width: usize,
    cells: Vec<(f64, f64)>,
}

impl Table {
    fn fill(short: &[char], weights: &[f64], long: &[char]) -> Self {
        let width = long.len() + 1;
        let mut table = Self {
            width,
            cells: vec![(0.0, f64::NEG_INFINITY); (short.len() + 1) * width],
        };
        for (i, (a, weight)) in short.iter().zip(weights).enumerate() {
            for (j, b) in long.iter().enumerate() {
                let matched = match a == b {
                    true => weight + ANY + (table.matched(i, j) + TOGETHER).max(table.best(i, j)),
                    false => f64::NEG_INFINITY,
                };
                let best = table.best(i, j + 1).max(table.best(i + 1, j)).max(matched);
                if let Some(cell) = table.cells.get_mut((i + 1) * width + j + 1) {
                    *cell = (best, matched);
                }
            }
        }
        table
    }

    fn best(&self, i: usize, j: usize) -> f64 {
        self.cells
            .get(i * self.width + j)
            .map_or(0.0, |cell| cell.0)
    }

    fn matched(&self, i: usize, j: usize) -> f64 {
        self.cells
            .get(i * self.width + j)
            .map_or(f64::NEG_INFINITY, |cell| cell.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(short: &str, long: &str) -> Vec<(usize, usize)> {
        let short: Vec<char> = short.chars().collect();
        let long: Vec<char> = long.chars().collect();
        align(&short, &vec![1.0; short.len()], &long)
    }

    #[test]
    fn characters_are_found_in_order_and_together_where_they_can_be() {
        assert_eq!(
            positions("首创环保", "北京首创生态环保"),
            [(0, 2), (1, 3), (2, 6), (3, 7)]
        );
        assert_eq!(positions("中船", "中国中船"), [(0, 2), (1, 3)]);
        assert_eq!(positions("甲乙", "乙甲").len(), 1);
        assert!(positions("甲", "乙").is_empty());
    }
}
