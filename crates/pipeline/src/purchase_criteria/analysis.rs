//! What purchase criteria mean: how much of them is ours, and towards whom they lean. Pure.
//!
//! A criterion counts with its weight; while no weight is known, all count the same. What is
//! unknown is left out and told as a share that is known.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use keynode_proto::pipeline::v1::{
    CompetitorComparison, CriterionOrigin, Leaning, PurchaseCriteria, PurchaseCriteriaAnalysis,
    PurchaseCriterion,
};

/// The most by which a fit can be better than another, from -2 to 2.
const SCALE: i64 = 4;

/// Works out what criteria mean, with every competitor that the deal names besides.
pub fn analyse(part: &PurchaseCriteria, competitors: &[String]) -> PurchaseCriteriaAnalysis {
    let criteria = &part.criteria;
    let known: Vec<i32> = criteria.iter().filter_map(|it| it.weight_percent).collect();
    let weighed = weigh(criteria);
    let whole = sum(&weighed, |_| true);
    let of_known_origin = sum(&weighed, |it| it.origin() != CriterionOrigin::Unspecified);
    let ours = sum(&weighed, |it| it.origin() == CriterionOrigin::Us);
    let compared: Vec<Compared<'_>> = names(criteria, competitors)
        .into_iter()
        .map(|name| compare(&weighed, name))
        .collect();
    let strongest = strongest(&compared);
    let pairs = whole * i64::try_from(compared.len()).unwrap_or(i64::MAX);
    PurchaseCriteriaAnalysis {
        total: count(criteria.len()),
        unweighted: count(criteria.len() - known.len()),
        weight_sum_percent: (!known.is_empty()).then(|| known.iter().sum()),
        authored_by_us_percent: share(ours, of_known_origin),
        origin_known_percent: share(of_known_origin, whole),
        leaning: strongest
            .map_or(Leaning::Unspecified, Compared::leaning)
            .into(),
        advantage_percent: strongest.and_then(Compared::advantage),
        fit_known_percent: share(compared.iter().map(|it| it.weight).sum(), pairs),
        strongest_competitor: strongest.map_or_else(String::new, |it| it.name.to_owned()),
        comparisons: compared.iter().map(|it| it.to_proto(whole)).collect(),
    }
}

/// Whether any criterion is known to be ours (E1).
pub fn has_ours(part: &PurchaseCriteria) -> bool {
    let mut criteria = part.criteria.iter();
    criteria.any(|criterion| criterion.origin() == CriterionOrigin::Us)
}

/// A competitor beside us, over the criteria of which both fits are known.
#[derive(Clone, Copy, Debug)]
struct Compared<'n> {
    name: &'n str,
    /// Of the criteria compared.
    weight: i64,
    /// The weighted sum of our fit minus theirs.
    advantage: i64,
}

impl Compared<'_> {
    /// Percent of the scale, rounded towards zero.
    fn advantage(&self) -> Option<i32> {
        share(self.advantage, self.weight * SCALE)
    }

    fn leaning(&self) -> Leaning {
        match self.advantage.cmp(&0) {
            _ if self.weight == 0 => Leaning::Unspecified,
            Ordering::Greater => Leaning::Ours,
            Ordering::Less => Leaning::Theirs,
            Ordering::Equal => Leaning::Neutral,
        }
    }

    fn to_proto(self, whole: i64) -> CompetitorComparison {
        CompetitorComparison {
            competitor: self.name.to_owned(),
            advantage_percent: self.advantage(),
            known_percent: share(self.weight, whole),
            leaning: self.leaning().into(),
        }
    }
}

fn compare<'n>(weighed: &[(i64, &PurchaseCriterion)], name: &'n str) -> Compared<'n> {
    let both = weighed.iter().filter_map(|(weight, criterion)| {
        let mut fits = criterion.competitor_fits.iter();
        let theirs = fits.find(|fit| fit.competitor == name)?.fit?;
        Some((*weight, i64::from(criterion.our_fit?) - i64::from(theirs)))
    });
    let none = Compared {
        name,
        weight: 0,
        advantage: 0,
    };
    both.fold(none, |sum, (weight, better)| Compared {
        weight: sum.weight + weight,
        advantage: sum.advantage + weight * better,
        ..sum
    })
}

/// The one over whom our advantage is the least, by name among equals.
fn strongest<'c, 'n>(compared: &'c [Compared<'n>]) -> Option<&'c Compared<'n>> {
    let known = compared.iter().filter(|it| it.weight > 0);
    known.min_by(|a, b| (a.advantage * b.weight).cmp(&(b.advantage * a.weight)))
}

/// The criteria that count, each with what it counts for.
fn weigh(criteria: &[PurchaseCriterion]) -> Vec<(i64, &PurchaseCriterion)> {
    let is_weighted = criteria.iter().any(|it| it.weight_percent.is_some());
    let weight = |criterion: &PurchaseCriterion| match is_weighted {
        true => criterion.weight_percent.map(i64::from),
        false => Some(1),
    };
    let weighed = criteria.iter().filter_map(|it| Some((weight(it)?, it)));
    weighed.collect()
}

fn sum(weighed: &[(i64, &PurchaseCriterion)], counts: impl Fn(&PurchaseCriterion) -> bool) -> i64 {
    let counted = weighed.iter().filter(|(_, criterion)| counts(criterion));
    counted.map(|(weight, _)| weight).sum()
}

/// Every competitor that somebody names, in order.
fn names<'n>(criteria: &'n [PurchaseCriterion], competitors: &'n [String]) -> BTreeSet<&'n str> {
    let fits = criteria.iter().flat_map(|it| &it.competitor_fits);
    let origins = criteria.iter().map(|it| it.origin_competitor.as_str());
    let named = competitors.iter().map(String::as_str);
    let named = named.chain(fits.map(|fit| fit.competitor.as_str()));
    named
        .chain(origins)
        .filter(|name| !name.is_empty())
        .collect()
}

/// Percent, rounded towards zero; none of nothing.
fn share(part: i64, whole: i64) -> Option<i32> {
    let percent = (100 * part).checked_div(whole)?;
    i32::try_from(percent).ok()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
