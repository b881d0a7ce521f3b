use proptest::prelude::*;

use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn territory(n: u128, regions: &[&str], industries: &[&str]) -> Territory {
    Territory {
        id: id(n),
        team: id(1000 + n),
        regions: words(regions),
        industries: words(industries),
        ..Territory::default()
    }
}

fn atlas(territories: Vec<Territory>) -> Atlas {
    Atlas {
        territories: territories.into_iter().map(|t| (t.id, t)).collect(),
        named: HashMap::new(),
    }
}

fn mine() -> Facts {
    Facts {
        account: id(500),
        location: "Ningxia, 银川".to_owned(),
        industry: "Chemicals".to_owned(),
        current: None,
    }
}

fn taken(territory: u128, reason: Reason) -> Outcome {
    Outcome::Assigned {
        territory: id(territory),
        reason,
    }
}

#[test]
fn the_closest_fit_wins_and_a_name_beats_it() {
    let mut atlas = atlas(vec![
        territory(1, &["银川"], &[]),
        territory(2, &["ningxia"], &["chemicals"]),
        territory(3, &[], &["steel"]),
        territory(4, &[], &[]),
    ]);
    let loads = Loads::new();
    assert_eq!(
        assign(&mine(), &atlas, &loads),
        taken(2, Reason::RegionAndIndustry)
    );
    atlas.named.insert(id(500), id(4));
    assert_eq!(assign(&mine(), &atlas, &loads), taken(4, Reason::Named));
}

#[test]
fn between_equals_priority_decides_then_the_load_then_age() {
    let north = territory(1, &["ningxia"], &[]);
    let south = territory(2, &[], &["chemicals"]);
    let both = atlas(vec![north.clone(), south.clone()]);
    assert_eq!(
        assign(&mine(), &both, &Loads::new()),
        taken(1, Reason::Region)
    );
    let loads = Loads::from([(id(1), 5), (id(2), 4)]);
    assert_eq!(assign(&mine(), &both, &loads), taken(2, Reason::Industry));
    let preferred = Territory {
        priority: 1,
        ..north
    };
    let both = atlas(vec![preferred, south]);
    assert_eq!(assign(&mine(), &both, &loads), taken(1, Reason::Region));
}

#[test]
fn a_part_comes_before_the_whole_and_must_fit_both() {
    let whole = territory(1, &["ningxia"], &["chemicals"]);
    let part = |region: &str| Territory {
        parent: Some(id(1)),
        ..territory(2, &[region], &[])
    };
    let loads = Loads::new();
    let fitting = atlas(vec![whole.clone(), part("银川")]);
    assert_eq!(
        assign(&mine(), &fitting, &loads),
        taken(2, Reason::RegionAndIndustry)
    );
    let elsewhere = Facts {
        industry: "steel".to_owned(),
        ..mine()
    };
    assert_eq!(assign(&elsewhere, &fitting, &loads), Outcome::NoTerritory);
    let other = atlas(vec![whole, part("北京")]);
    assert_eq!(
        assign(&mine(), &other, &loads),
        taken(1, Reason::RegionAndIndustry)
    );
}

#[test]
fn what_is_full_overflows_and_else_the_next_takes_it() {
    let full = Territory {
        capacity: Some(1),
        overflow: Some(id(3)),
        ..territory(1, &["ningxia"], &["chemicals"])
    };
    let spill = Territory {
        capacity: Some(1),
        overflow: Some(id(1)),
        ..territory(3, &[], &[])
    };
    let atlas = atlas(vec![full, spill, territory(2, &["ningxia"], &[])]);
    let mut loads = Loads::from([(id(1), 1)]);
    let overflow = taken(3, Reason::Overflow { of: id(1) });
    assert_eq!(assign(&mine(), &atlas, &loads), overflow);
    loads.insert(id(3), 1);
    assert_eq!(assign(&mine(), &atlas, &loads), taken(2, Reason::Region));
    let settled = Facts {
        current: Some(id(1)),
        ..mine()
    };
    assert_eq!(
        assign(&settled, &atlas, &loads),
        taken(1, Reason::RegionAndIndustry),
        "it is counted there itself"
    );
}

#[test]
fn full_is_told_from_not_there() {
    let full = Territory {
        capacity: Some(0),
        ..territory(1, &["ningxia"], &[])
    };
    assert_eq!(
        assign(&mine(), &atlas(vec![full]), &Loads::new()),
        Outcome::AllFull
    );
    assert_eq!(
        assign(&mine(), &Atlas::default(), &Loads::new()),
        Outcome::NoTerritory
    );
}

const TERRITORIES: u128 = 6;
const REGIONS: [&str; 3] = ["ningxia", "beijing", "上海"];
const TRADES: [&str; 2] = ["chemicals", "steel"];

/// Regions, industries, priority, capacity, overflow, parent.
type Drawn = (
    Vec<&'static str>,
    Vec<&'static str>,
    i32,
    Option<u32>,
    Option<u128>,
    Option<u128>,
);

fn territories() -> impl Strategy<Value = Vec<Territory>> {
    let one = (
        proptest::sample::subsequence(&REGIONS[..], 0..=2),
        proptest::sample::subsequence(&TRADES[..], 0..=1),
        -1..=1_i32,
        proptest::option::of(0..4_u32),
        proptest::option::of(0..TERRITORIES),
        proptest::option::of(0..TERRITORIES),
    );
    proptest::collection::vec(one, TERRITORIES as usize).prop_map(|all| {
        let make = |(n, (regions, trades, priority, capacity, overflow, parent)): (u128, Drawn)| {
            Territory {
                priority,
                capacity,
                overflow: overflow.map(id),
                // A tree, as the database keeps it.
                parent: parent.filter(|p| *p < n).map(id),
                ..territory(n, &regions, &trades)
            }
        };
        (0..).zip(all).map(make).collect()
    })
}

fn accounts() -> impl Strategy<Value = Vec<Facts>> {
    let one = (0..REGIONS.len(), 0..TRADES.len());
    proptest::collection::vec(one, 0..20).prop_map(|all| {
        let make = |(n, (region, trade)): (u128, (usize, usize))| Facts {
            account: id(500 + n),
            location: REGIONS[region].to_owned(),
            industry: TRADES[trade].to_owned(),
            current: None,
        };
        (0..).zip(all).map(make).collect()
    })
}

fn counted(outcomes: &[Outcome]) -> Loads {
    let mut loads = Loads::new();
    for id in outcomes.iter().filter_map(|outcome| outcome.territory()) {
        *loads.entry(id).or_default() += 1;
    }
    loads
}

proptest! {
    #[test]
    fn no_territory_gets_more_than_it_takes(all in territories(), accounts in accounts()) {
        let atlas = atlas(all);
        let loads = counted(&assign_all(&accounts, &atlas, &Loads::new()));
        for (id, load) in loads {
            let capacity = atlas.territories[&id].capacity;
            prop_assert!(capacity.is_none_or(|capacity| load <= capacity));
        }
    }

    #[test]
    fn a_name_wins_wherever_there_is_room(
        all in territories(), accounts in accounts(), named in 0..TERRITORIES
    ) {
        let mut atlas = atlas(all);
        for facts in accounts.iter().take(2) {
            atlas.named.insert(facts.account, id(named));
        }
        let outcomes = assign_all(&accounts, &atlas, &Loads::new());
        let room = atlas.territories[&id(named)].capacity.unwrap_or(u32::MAX) as usize;
        for outcome in outcomes.iter().take(room.min(2)) {
            prop_assert_eq!(*outcome, taken(named, Reason::Named));
        }
    }

    #[test]
    fn the_order_of_territories_and_accounts_never_matters(
        all in territories(), accounts in accounts()
    ) {
        let outcomes = assign_all(&accounts, &atlas(all.clone()), &Loads::new());
        let (mut turned, mut others) = (all, accounts);
        turned.reverse();
        others.reverse();
        let mut again = assign_all(&others, &atlas(turned), &Loads::new());
        again.reverse();
        prop_assert_eq!(outcomes, again);
    }

    #[test]
    fn doing_it_again_moves_nothing(all in territories(), changed in territories(), accounts in accounts()) {
        let first = assign_all(&accounts, &atlas(all), &Loads::new());
        let place = |accounts: &[Facts], outcomes: &[Outcome]| -> Vec<Facts> {
            let move_one = |(facts, outcome): (&Facts, &Outcome)| Facts {
                current: outcome.territory().or(facts.current),
                ..facts.clone()
            };
            accounts.iter().zip(outcomes).map(move_one).collect()
        };
        let loads = |accounts: &[Facts]| {
            let mut loads = Loads::new();
            for id in accounts.iter().filter_map(|facts| facts.current) {
                *loads.entry(id).or_default() += 1;
            }
            loads
        };
        // The rules change under accounts that have their place.
        let atlas = atlas(changed);
        let placed = place(&accounts, &first);
        let second = assign_all(&placed, &atlas, &loads(&placed));
        let settled = place(&placed, &second);
        let third = assign_all(&settled, &atlas, &loads(&settled));
        prop_assert_eq!(place(&settled, &third), settled);
    }
}
