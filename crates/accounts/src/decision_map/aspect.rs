//! What changed in the judgement of the people between two versions of a map. Pure.

use std::collections::HashMap;

use keynode_proto::accounts::v1::{
    Attitude, Coverage, JudgementAspect, Relationship, StakeholderRole,
};
use uuid::Uuid;

use super::stakeholder::Stakeholder;

/// What is judged of a person, in the order of the contract.
const ASPECTS: [JudgementAspect; 6] = [
    JudgementAspect::Roles,
    JudgementAspect::Weight,
    JudgementAspect::Attitude,
    JudgementAspect::Coverage,
    JudgementAspect::Relationship,
    JudgementAspect::Competitors,
];

/// One change of one judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub contact_id: Uuid,
    pub aspect: JudgementAspect,
    /// As the contract writes the value; empty = unknown.
    pub from: String,
    pub to: String,
    pub evidence: String,
    pub evidence_date: Option<jiff_sqlx::Date>,
}

/// Every change, in the order of the people; those who left come last.
pub fn changes(before: &[Stakeholder], after: &[Stakeholder]) -> Vec<Change> {
    let known = by_contact(before);
    let current = by_contact(after);
    let stayed = after.iter().flat_map(|person| {
        let earlier = known.get(&person.contact_id).copied();
        changes_of(person.contact_id, earlier, Some(person))
    });
    let left = before
        .iter()
        .filter(|person| !current.contains_key(&person.contact_id))
        .flat_map(|person| changes_of(person.contact_id, Some(person), None));
    stayed.chain(left).collect()
}

fn by_contact(people: &[Stakeholder]) -> HashMap<Uuid, &Stakeholder> {
    people
        .iter()
        .map(|person| (person.contact_id, person))
        .collect()
}

fn changes_of(
    contact_id: Uuid,
    before: Option<&Stakeholder>,
    after: Option<&Stakeholder>,
) -> Vec<Change> {
    let change = |aspect: JudgementAspect| {
        let value_of = |person: Option<&Stakeholder>| {
            person
                .map(|person| value(person, aspect))
                .unwrap_or_default()
        };
        let (from, to) = (value_of(before), value_of(after));
        let (evidence, evidence_date) = after
            .map(|person| basis(person, aspect))
            .unwrap_or_default();
        (from != to).then_some(Change {
            contact_id,
            aspect,
            from,
            to,
            evidence,
            evidence_date,
        })
    };
    ASPECTS.into_iter().filter_map(change).collect()
}

/// What a judgement rests on: its own evidence, or that of all of them.
fn basis(person: &Stakeholder, aspect: JudgementAspect) -> (String, Option<jiff_sqlx::Date>) {
    let own = person
        .judgements
        .iter()
        .find(|judgement| judgement.aspect == i32::from(aspect));
    match own {
        Some(own) => (own.evidence.clone(), own.evidence_date),
        None => (person.evidence.clone(), person.evidence_date),
    }
}

/// The value as the contract writes it. Of several the order does not count.
fn value(person: &Stakeholder, aspect: JudgementAspect) -> String {
    match aspect {
        JudgementAspect::Unspecified => String::new(),
        JudgementAspect::Roles => {
            let mut roles = person.roles.clone();
            roles.sort_unstable();
            let name = |role: i32| word(role, |role: StakeholderRole| role.as_str_name());
            roles.into_iter().map(name).collect::<Vec<_>>().join(",")
        }
        JudgementAspect::Weight => person
            .weight
            .map(|weight| weight.to_string())
            .unwrap_or_default(),
        JudgementAspect::Attitude => word(person.attitude, |a: Attitude| a.as_str_name()),
        JudgementAspect::Coverage => word(person.coverage, |c: Coverage| c.as_str_name()),
        JudgementAspect::Relationship => {
            word(person.relationship, |r: Relationship| r.as_str_name())
        }
        JudgementAspect::Competitors => {
            let mut names: Vec<String> = person.competitors().collect();
            names.sort_unstable();
            names.join(",")
        }
    }
}

/// The name of a value; nothing for unknown, the number for one of a later release.
fn word<T: TryFrom<i32>>(value: i32, name: impl Fn(T) -> &'static str) -> String {
    match value {
        0 => String::new(),
        _ => T::try_from(value).map_or_else(|_| value.to_string(), |known| name(known).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use jiff_sqlx::ToSqlx;

    use super::super::judgement::Judgement;
    use super::super::stakeholder::example::person;
    use super::*;

    fn told(changes: &[Change]) -> Vec<(JudgementAspect, &str, &str)> {
        changes
            .iter()
            .map(|change| (change.aspect, change.from.as_str(), change.to.as_str()))
            .collect()
    }

    #[test]
    fn who_comes_is_judged_from_nothing_and_who_leaves_back_to_it() {
        let judged = Stakeholder {
            weight: Some(0),
            attitude: Attitude::Neutral.into(),
            evidence: "会议".to_owned(),
            ..person(1)
        };
        let came = changes(&[], std::slice::from_ref(&judged));
        assert_eq!(
            told(&came),
            [
                (JudgementAspect::Roles, "", "STAKEHOLDER_ROLE_USER"),
                (JudgementAspect::Weight, "", "0"),
                (JudgementAspect::Attitude, "", "ATTITUDE_NEUTRAL"),
            ]
        );
        assert!(came.iter().all(|change| change.evidence == "会议"));
        let left = changes(&[judged, person(2)], &[person(2)]);
        assert_eq!(left.len(), 3);
        assert!(left.iter().all(|change| change.to.is_empty()
            && change.evidence.is_empty()
            && change.contact_id == Uuid::from_u128(1)));
    }

    #[test]
    fn only_what_changed_is_told_with_its_own_evidence() {
        let day = jiff::civil::date(2026, 7, 1).to_sqlx();
        let before = Stakeholder {
            weight: Some(40),
            ..person(1)
        };
        let after = Stakeholder {
            weight: None,
            coverage: Coverage::Met.into(),
            evidence: "all".to_owned(),
            judgements: vec![Judgement {
                aspect: JudgementAspect::Coverage.into(),
                evidence: "拜访".to_owned(),
                evidence_date: Some(day),
            }],
            ..before.clone()
        };
        let changes = changes(&[before], &[after]);
        assert_eq!(
            told(&changes),
            [
                (JudgementAspect::Weight, "40", ""),
                (JudgementAspect::Coverage, "", "COVERAGE_MET"),
            ]
        );
        assert_eq!(
            (changes[0].evidence.as_str(), changes[0].evidence_date),
            ("all", None)
        );
        assert_eq!(
            (changes[1].evidence.as_str(), changes[1].evidence_date),
            ("拜访", Some(day))
        );
    }

    #[test]
    fn another_order_and_other_evidence_are_no_change() {
        let one = Stakeholder {
            roles: vec![2, 3],
            supported_competitors: vec![Uuid::from_u128(1), Uuid::from_u128(2)],
            ..person(1)
        };
        let mut other = one.clone();
        other.roles.reverse();
        other.supported_competitors.reverse();
        other.evidence = "x".to_owned();
        assert!(changes(&[one], &[other]).is_empty());
    }

    #[test]
    fn a_value_of_a_later_release_is_told_by_its_number() {
        let later = Stakeholder {
            relationship: 99,
            ..person(1)
        };
        let changes = changes(&[person(1)], &[later]);
        assert_eq!(told(&changes), [(JudgementAspect::Relationship, "", "99")]);
    }
}
