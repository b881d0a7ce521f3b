//! Where the survivor stands in its group.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

/// The account above the survivor. Whoever stood between two of those that become one would
/// stand above and below it: then it takes the place above the topmost of them.
pub fn parent(
    parents: &HashMap<Uuid, Uuid>,
    members: &HashSet<Uuid>,
    wanted: Option<Uuid>,
) -> Option<Uuid> {
    let up = |id: &Uuid| parents.get(id).copied();
    let way = std::iter::successors(wanted, up).take(parents.len() + 1);
    let topmost = way.filter(|id| members.contains(id)).last();
    topmost.map_or(wanted, |topmost| up(&topmost))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::tree::loops;

    fn id(n: usize) -> Uuid {
        Uuid::from_u128(n as u128 + 1)
    }

    fn table(pairs: &[(usize, usize)]) -> HashMap<Uuid, Uuid> {
        pairs.iter().map(|&(a, b)| (id(a), id(b))).collect()
    }

    #[test]
    fn a_survivor_below_a_loser_takes_its_place() {
        let parents = table(&[(0, 1), (1, 2), (2, 3)]);
        let of = |members: &[usize]| members.iter().map(|n| id(*n)).collect::<HashSet<_>>();
        assert_eq!(parent(&parents, &of(&[0, 1]), Some(id(1))), Some(id(2)));
        assert_eq!(parent(&parents, &of(&[0, 2]), Some(id(1))), Some(id(3)));
        assert_eq!(parent(&parents, &of(&[0, 9]), Some(id(1))), Some(id(1)));
        assert_eq!(parent(&parents, &of(&[3, 1]), Some(id(2))), None);
    }

    proptest! {
        #[test]
        fn a_merge_never_closes_a_loop(
            above in proptest::collection::vec(any::<Option<prop::sample::Index>>(), 2..20),
            picks in proptest::collection::vec(any::<prop::sample::Index>(), 2..5),
        ) {
            let mut parents = HashMap::new();
            for (n, pick) in above.iter().enumerate().skip(1) {
                if let Some(pick) = pick {
                    parents.insert(id(n), id(pick.index(n)));
                }
            }
            let members: Vec<Uuid> = picks.iter().map(|p| id(p.index(above.len()))).collect();
            let all: HashSet<Uuid> = members.iter().copied().collect();
            let survivor = members[0];
            for wanted in members.iter().map(|id| parents.get(id).copied()) {
                let mut after: HashMap<Uuid, Uuid> = parents
                    .iter()
                    .filter(|(child, _)| !all.contains(child))
                    .map(|(child, parent)| {
                        (*child, if all.contains(parent) { survivor } else { *parent })
                    })
                    .collect();
                after.extend(parent(&parents, &all, wanted).map(|above| (survivor, above)));
                prop_assert!(loops(&after).is_empty());
            }
        }
    }
}
