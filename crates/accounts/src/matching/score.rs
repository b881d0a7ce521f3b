//! How likely two descriptions mean one organisation, and why. Pure; the same whichever is
//! named first.

use super::address::{self, Address};
use super::commonness::Commonness;
use super::name::Name;
use super::phone::{self, Phone};
use super::rule::Rule;
use super::settings::SETTINGS;
use super::{han, western};

/// What is known of an organisation, ready to be compared.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub names: Vec<Name>,
    pub addresses: Vec<Address>,
    pub phones: Vec<Phone>,
    /// Words of the town.
    pub place: Vec<String>,
}

/// A score with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// 0 to 1.
    pub value: f64,
    pub reasons: Vec<Reason>,
    /// Which names fitted best: indices into the first and the second profile's.
    pub names: (usize, usize),
}

/// What a rule adds to the log odds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    pub rule: Rule,
    pub contribution: f64,
}

/// The reasons that weigh anything.
pub fn reasons(all: &[(Rule, f64)]) -> Vec<Reason> {
    all.iter()
        .filter(|(_, contribution)| contribution.abs() > 1e-9)
        .map(|&(rule, contribution)| Reason { rule, contribution })
        .collect()
}

/// Compares by the pair of names that fits best; none when one side has no name.
pub fn compare(a: &Profile, b: &Profile, common: &Commonness) -> Option<Score> {
    let place: Vec<&str> = a.place.iter().chain(&b.place).map(String::as_str).collect();
    let beside = fields(a, b);
    let mut best: Option<Score> = None;
    for (i, name) in a.names.iter().enumerate() {
        for (j, other) in b.names.iter().enumerate() {
            let score = judge(name, other, &place, common, &beside, (i, j));
            if best.as_ref().is_none_or(|best| score.value > best.value) {
                best = Some(score);
            }
        }
    }
    best
}

fn judge(
    a: &Name,
    b: &Name,
    place: &[&str],
    common: &Commonness,
    beside: &[Reason],
    names: (usize, usize),
) -> Score {
    let mut reasons = by_names(a, b, place, common);
    reasons.extend(beside);
    let logit: f64 = reasons.iter().map(|reason| reason.contribution).sum();
    let is_contradicted = beside.iter().any(|reason| reason.contribution < 0.0);
    let is_equal = !a.is_empty() && joined(a) == joined(b);
    let value = match is_equal && !is_contradicted {
        true => 1.0,
        false => 1.0 / (1.0 + (-logit).exp()),
    };
    Score {
        value,
        reasons,
        names,
    }
}

fn joined(name: &Name) -> String {
    name.folded.replace(' ', "")
}

/// The shorter name is looked for in the longer one.
fn by_names(a: &Name, b: &Name, place: &[&str], common: &Commonness) -> Vec<Reason> {
    let length = |name: &Name| {
        (
            name.core.len(),
            name.tokens.len(),
            name.folded.chars().count(),
        )
    };
    let (a, b) = match (length(a), &a.folded) <= (length(b), &b.folded) {
        true => (a, b),
        false => (b, a),
    };
    match a.is_han() && b.is_han() {
        true => han::compare(a, b, common),
        false => western::compare(a, b, place, common),
    }
}

fn fields(a: &Profile, b: &Profile) -> Vec<Reason> {
    let weights = &SETTINGS.fields;
    let by_address = address::compare(&a.addresses, &b.addresses).map(|found| match found {
        address::Likeness::Same => (Rule::AddressSame, weights.address_same),
        address::Likeness::OtherNumber => (Rule::AddressOtherNumber, weights.address_other_number),
        address::Likeness::Other => (Rule::AddressOther, weights.address_other),
    });
    let by_phone = phone::compare(&a.phones, &b.phones).map(|is_same| match is_same {
        true => (Rule::PhoneSame, weights.phone_same),
        false => (Rule::PhoneOther, weights.phone_other),
    });
    let found: Vec<_> = by_address.into_iter().chain(by_phone).collect();
    reasons(&found)
}

#[cfg(test)]
mod tests;
