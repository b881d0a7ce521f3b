//! Who shares in a deal, and who works on it besides its owner.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::PersonId;
use crate::number;

const MAX_SPLITS: usize = 50;
const MAX_COLLABORATORS: usize = 100;
const MAX_ROLE: usize = 100;
/// Digits of a percentage after the point.
const FRACTION: usize = 4;

/// Who is credited with what. In the database as it stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splits {
    /// They total 100, or there is none; without roles.
    #[serde(default)]
    pub revenue: Vec<Share>,
    #[serde(default)]
    pub overlay: Vec<Share>,
}

/// Somebody's part, in percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub person: Uuid,
    #[serde(with = "number::text")]
    pub percent: Decimal,
    #[serde(default)]
    pub role: String,
}

/// Somebody who works on a deal. In the database as it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collaborator {
    pub person: Uuid,
    #[serde(default)]
    pub role: String,
}

/// Reads who shares in the revenue: together they have all of it.
pub fn revenue(bad: &mut Violations, field: &str, sent: &[proto::RevenueSplit]) -> Vec<Share> {
    let shares: Vec<Share> = within(bad, field, sent, MAX_SPLITS)
        .iter()
        .enumerate()
        .map(|(n, split)| {
            let at = format!("{field}[{n}]");
            let person: PersonId = bad.name(&format!("{at}.person"), &split.person);
            Share {
                person: person.0,
                percent: percent(bad, &format!("{at}.percent"), &split.percent),
                role: String::new(),
            }
        })
        .collect();
    once(bad, field, shares.iter().map(|share| share.person));
    let total: Decimal = shares.iter().map(|share| share.percent).sum();
    let are_read = shares.iter().all(|share| !share.percent.is_zero());
    if are_read && !shares.is_empty() && total != Decimal::ONE_HUNDRED {
        bad.add(
            field,
            format!("must total 100 percent, total {}", total.normalize()),
        );
    }
    shares
}

/// Reads who is credited besides: in any number, with any total.
pub fn overlay(bad: &mut Violations, field: &str, sent: &[proto::OverlaySplit]) -> Vec<Share> {
    let shares: Vec<Share> = within(bad, field, sent, MAX_SPLITS)
        .iter()
        .enumerate()
        .map(|(n, split)| {
            let at = format!("{field}[{n}]");
            let person: PersonId = bad.name(&format!("{at}.person"), &split.person);
            Share {
                person: person.0,
                percent: percent(bad, &format!("{at}.percent"), &split.percent),
                role: bad.line(&format!("{at}.role"), &split.role, MAX_ROLE),
            }
        })
        .collect();
    once(
        bad,
        field,
        shares
            .iter()
            .map(|share| (share.person, share.role.as_str())),
    );
    shares
}

/// Reads who works on a deal.
pub fn collaborators(
    bad: &mut Violations,
    field: &str,
    sent: &[proto::Collaborator],
) -> Vec<Collaborator> {
    let people: Vec<Collaborator> = within(bad, field, sent, MAX_COLLABORATORS)
        .iter()
        .enumerate()
        .map(|(n, collaborator)| {
            let at = format!("{field}[{n}]");
            let person: PersonId = bad.name(&format!("{at}.person"), &collaborator.person);
            Collaborator {
                person: person.0,
                role: bad.line(&format!("{at}.role"), &collaborator.role, MAX_ROLE),
            }
        })
        .collect();
    once(bad, field, people.iter().map(|it| it.person));
    people
}

/// What is too long is counted and not each refused.
fn within<'s, T>(bad: &mut Violations, field: &str, sent: &'s [T], most: usize) -> &'s [T] {
    if sent.len() <= most {
        return sent;
    }
    bad.add(field, format!("must be at most {most}, are {}", sent.len()));
    &[]
}

fn once<T: std::hash::Hash + Eq>(
    bad: &mut Violations,
    field: &str,
    people: impl ExactSizeIterator<Item = T>,
) {
    let count = people.len();
    if people.collect::<HashSet<T>>().len() < count {
        bad.add(field, "must name each person once");
    }
}

/// More than nothing, at most all; a percentage that is bad counts for nothing.
fn percent(bad: &mut Violations, field: &str, text: &str) -> Decimal {
    let digits = Some(text).filter(|text| !text.starts_with('+'));
    let read = digits.and_then(|text| number::parse(text, 3, FRACTION));
    let fits = |number: &Decimal| *number > Decimal::ZERO && *number <= Decimal::ONE_HUNDRED;
    read.filter(fits).unwrap_or_else(|| {
        let why = "must be more than 0 and at most 100, with at most 4 digits after the point";
        bad.add(field, why);
        Decimal::ZERO
    })
}

impl Splits {
    /// The shares in the revenue, for the wire.
    pub fn revenue_to_proto(&self) -> Vec<proto::RevenueSplit> {
        let share = |share: &Share| proto::RevenueSplit {
            person: PersonId(share.person).to_string(),
            percent: share.percent.to_string(),
        };
        self.revenue.iter().map(share).collect()
    }

    /// The credits besides, for the wire.
    pub fn overlay_to_proto(&self) -> Vec<proto::OverlaySplit> {
        let share = |share: &Share| proto::OverlaySplit {
            person: PersonId(share.person).to_string(),
            percent: share.percent.to_string(),
            role: share.role.clone(),
        };
        self.overlay.iter().map(share).collect()
    }
}

impl Collaborator {
    /// For the wire.
    pub fn to_proto(&self) -> proto::Collaborator {
        proto::Collaborator {
            person: PersonId(self.person).to_string(),
            role: self.role.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn splits(percents: &[String]) -> Vec<proto::RevenueSplit> {
        let split = |(n, percent): (usize, &String)| proto::RevenueSplit {
            person: PersonId(Uuid::from_u128(n as u128 + 1)).to_string(),
            percent: percent.clone(),
        };
        percents.iter().enumerate().map(split).collect()
    }

    fn refused(percents: &[String]) -> Vec<String> {
        let mut bad = Violations::default();
        revenue(&mut bad, "splits", &splits(percents));
        let fault = bad.finish().err();
        fault
            .map(|fault| fault.fields().map(|(field, _)| field.to_owned()).collect())
            .unwrap_or_default()
    }

    proptest! {
        /// Cut into pieces anywhere, all of it is all of it; with a piece more or less it is not.
        #[test]
        fn pieces_of_the_whole_total_the_whole(cuts in prop::collection::btree_set(1_i64..1_000_000, 0..20)) {
            let ends = cuts.iter().copied().chain([1_000_000]);
            let starts = [0].into_iter().chain(cuts.iter().copied());
            let pieces: Vec<Decimal> = starts.zip(ends).map(|(a, b)| Decimal::new(b - a, 4)).collect();
            let texts: Vec<String> = pieces.iter().map(ToString::to_string).collect();
            prop_assert!(refused(&texts).is_empty());
            let mut one_off = texts.clone();
            one_off[0] = (pieces[0] - Decimal::new(1, 4)).to_string();
            prop_assert!(!refused(&one_off).is_empty());
        }
    }

    #[test]
    fn a_third_each_is_not_all() {
        let third = "33.3333".to_owned();
        assert_eq!(refused(&[third.clone(), third.clone(), third]), ["splits"]);
        assert!(refused(&["33.3333".into(), "33.3333".into(), "33.3334".into()]).is_empty());
        assert!(refused(&[]).is_empty(), "nobody shares");
    }

    #[test]
    fn what_is_no_share_is_named_by_its_place() {
        assert_eq!(
            refused(&[
                "0".into(),
                "100.0001".into(),
                "1e2".into(),
                "33.33333".into(),
                "+100".into()
            ]),
            [
                "splits[0].percent",
                "splits[1].percent",
                "splits[2].percent",
                "splits[3].percent",
                "splits[4].percent",
            ]
        );
    }

    #[test]
    fn overlays_are_free_but_told_apart() {
        let person = PersonId(Uuid::from_u128(1)).to_string();
        let split = |role: &str| proto::OverlaySplit {
            person: person.clone(),
            percent: "100".to_owned(),
            role: role.to_owned(),
        };
        let mut bad = Violations::default();
        assert_eq!(overlay(&mut bad, "o", &[split("a"), split("b")]).len(), 2);
        assert!(bad.is_empty());
        overlay(&mut bad, "o", &[split("a"), split("a")]);
        assert!(!bad.is_empty());
    }

    #[test]
    fn the_database_keeps_them_exactly() {
        let shares = Splits {
            revenue: vec![Share {
                person: Uuid::from_u128(1),
                percent: Decimal::new(333_333, 4),
                role: String::new(),
            }],
            overlay: Vec::new(),
        };
        let text = serde_json::to_string(&shares).unwrap();
        assert!(text.contains("\"33.3333\""), "{text}");
        assert_eq!(serde_json::from_str::<Splits>(&text).unwrap(), shares);
        assert_eq!(
            serde_json::from_str::<Splits>("{}").unwrap(),
            Splits::default()
        );
    }
}
