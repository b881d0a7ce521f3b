//! Who stands in for whom: a walk along the deputies of those who are away.

use std::collections::HashMap;

use uuid::Uuid;

/// An absence that covers the day asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    pub absence: Uuid,
    pub deputy: Uuid,
}

/// Who is to be told instead of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Present,
    /// The deputies in turn; the last one is there.
    Deputy {
        absence: Uuid,
        chain: Vec<Uuid>,
    },
    /// Everybody who would stand in is away too or disabled.
    Nobody {
        absence: Uuid,
        chain: Vec<Uuid>,
    },
}

/// Follows the deputies of `person` to the first who is there. `away` holds everybody who
/// is away; `is_disabled` says who cannot act at all.
pub fn stand_in(
    person: Uuid,
    away: &HashMap<Uuid, Away>,
    is_disabled: impl Fn(Uuid) -> bool,
) -> Standing {
    let Some(first) = away.get(&person) else {
        return Standing::Present;
    };
    let absence = first.absence;
    let mut chain = Vec::new();
    let mut next = first.deputy;
    loop {
        let is_circle = next == person || chain.contains(&next);
        if is_circle || is_disabled(next) {
            return Standing::Nobody { absence, chain };
        }
        chain.push(next);
        match away.get(&next) {
            Some(further) => next = further.deputy,
            None => return Standing::Deputy { absence, chain },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn table(pairs: &[(u128, u128)]) -> HashMap<Uuid, Away> {
        let entry = |&(person, deputy): &(u128, u128)| {
            let away = Away {
                absence: id(100 + person),
                deputy: id(deputy),
            };
            (id(person), away)
        };
        pairs.iter().map(entry).collect()
    }

    #[test]
    fn deputies_of_deputies_are_followed() {
        let away = table(&[(1, 2), (2, 3)]);
        let found = stand_in(id(1), &away, |_| false);
        let (absence, chain) = (id(101), vec![id(2), id(3)]);
        assert_eq!(found, Standing::Deputy { absence, chain });
        assert_eq!(stand_in(id(3), &away, |_| false), Standing::Present);
    }

    #[test]
    fn a_circle_and_a_disabled_deputy_end_the_search() {
        let away = table(&[(1, 2), (2, 3), (3, 2)]);
        let found = stand_in(id(1), &away, |_| false);
        let (absence, chain) = (id(101), vec![id(2), id(3)]);
        assert_eq!(found, Standing::Nobody { absence, chain });
        let away = table(&[(1, 2), (2, 3)]);
        let found = stand_in(id(1), &away, |person| person == id(3));
        let (absence, chain) = (id(101), vec![id(2)]);
        assert_eq!(found, Standing::Nobody { absence, chain });
    }

    proptest! {
        #[test]
        fn whoever_stands_in_is_there_enabled_and_another(
            pairs in proptest::collection::vec((0..12_u128, 0..12_u128), 0..20),
            disabled in proptest::collection::vec(0..12_u128, 0..4),
            person in 0..12_u128,
        ) {
            let pairs: Vec<_> = pairs.into_iter().filter(|(a, b)| a != b).collect();
            let away = table(&pairs);
            let is_disabled = |who: Uuid| disabled.iter().any(|n| id(*n) == who);
            match stand_in(id(person), &away, is_disabled) {
                Standing::Present => prop_assert!(!away.contains_key(&id(person))),
                Standing::Deputy { chain, .. } => {
                    let last = *chain.last().unwrap();
                    prop_assert!(last != id(person) && !is_disabled(last) && !away.contains_key(&last));
                }
                Standing::Nobody { .. } => prop_assert!(away.contains_key(&id(person))),
            }
        }
    }
}
