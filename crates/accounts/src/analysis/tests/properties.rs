//! What holds of every map. proptest tells the seed of a failure and keeps it.

use keynode_proto::accounts::v1::next_win::Change;
use keynode_proto::google::r#type::Date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

#[derive(Clone, Debug)]
struct Map {
    people: Vec<Person>,
    influences: Vec<Influence>,
    criteria: Vec<PurchaseCriterion>,
    competitors: Vec<String>,
}

impl Map {
    fn judge(&self) -> DecisionMapAnalysis {
        analyze(&Subject {
            people: &self.people,
            influences: &self.influences,
            criteria: &self.criteria,
            competitors: &self.competitors,
            departments: &[],
            settings: &Settings::default(),
        })
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut map = self.clone();
        change(&mut map);
        map
    }

    fn person(&self, contact: &str) -> &Person {
        self.people
            .iter()
            .find(|person| person.contact == contact)
            .unwrap()
    }
}

fn any_person() -> impl Strategy<Value = Person> {
    let competitors = vec!["x".to_owned(), "y".to_owned(), "z".to_owned()];
    (
        subsequence((1..=10i32).collect::<Vec<_>>(), 1..3),
        0..=5i32,
        0..=4i32,
        proptest::option::of(0..=100i32),
        "[ab ]?",
        subsequence(competitors, 0..=2),
    )
        .prop_map(
            |(roles, attitude, coverage, weight, department, supported_competitors)| Person {
                roles: roles
                    .into_iter()
                    .map(|role| StakeholderRole::try_from(role).unwrap())
                    .collect(),
                attitude: Attitude::try_from(attitude).unwrap(),
                coverage: Coverage::try_from(coverage).unwrap(),
                weight,
                department,
                supported_competitors,
                ..person("")
            },
        )
}

/// An influence on one of eight people or three criteria. Few strengths and reasons, so that
/// many ways are equal and many influences nearly.
fn any_influence() -> impl Strategy<Value = Influence> {
    let strength = prop_oneof![Just(50), Just(100), 1..=100i32];
    let reason = (any::<bool>(), "[ef]?", proptest::option::of(1..=2i32));
    (0..8usize, 0..11usize, strength, reason).prop_map(
        |(from, to, strength, (formal, evidence, day))| {
            let from = format!("c{from}");
            let influence = match to {
                0..8 => influence(&from, &format!("c{to}"), strength),
                _ => on_criterion(&from, &format!("k{}", to - 8), strength),
            };
            Influence {
                formal,
                evidence,
                evidence_date: day.map(|day| Date {
                    day,
                    ..Date::default()
                }),
                ..influence
            }
        },
    )
}

/// Up to seven people with circles, self loops, doubled influences and some of strangers.
fn any_map() -> impl Strategy<Value = Map> {
    (vec(any_person(), 1..8), vec(any_influence(), 0..30)).prop_map(|(people, influences)| {
        let number = |(n, person)| Person {
            contact: format!("c{n}"),
            ..person
        };
        let criterion = |n| PurchaseCriterion {
            id: format!("k{n}"),
            display_name: String::new(),
        };
        Map {
            people: people.into_iter().enumerate().map(number).collect(),
            influences,
            criteria: (0..2).map(criterion).collect(),
            competitors: vec!["y".to_owned(), "x".to_owned()],
        }
    })
}

const LADDER: [Attitude; 5] = [
    Attitude::Opponent,
    Attitude::Sceptic,
    Attitude::Neutral,
    Attitude::Favourable,
    Attitude::Supporter,
];

/// The greatest product of any way without a repetition, by trying them all.
fn best_by_trying(map: &Map, way: &mut Vec<String>, to: &str) -> f64 {
    let at = way.last().unwrap().clone();
    if at == to {
        return 1.0;
    }
    if map.person(&at).is_opponent() {
        return 0.0;
    }
    let mut best: f64 = 0.0;
    let people = |contact: &str| map.people.iter().any(|person| person.contact == contact);
    for step in map.influences.iter().filter(|step| step.from == at) {
        if people(&step.to) && !way.contains(&step.to) {
            way.push(step.to.clone());
            best = best.max(f64::from(step.strength) / 100.0 * best_by_trying(map, way, to));
            way.pop();
        }
    }
    best
}

fn strengths(analysis: &DecisionMapAnalysis) -> Vec<f64> {
    let strength = |path: &Option<InfluencePath>| path.as_ref().map_or(0.0, |path| path.strength);
    let deciders = analysis.decision_makers.iter().map(|reach| &reach.path);
    let criteria = analysis.criteria.iter().map(|reach| &reach.path);
    deciders.chain(criteria).map(strength).collect()
}

proptest! {
    #[test]
    fn the_order_of_the_input_never_matters(
        (map, mixed) in any_map().prop_flat_map(|map| {
            let parts = (
                Just(map.people.clone()).prop_shuffle(),
                Just(map.influences.clone()).prop_shuffle(),
                Just(map.criteria.clone()).prop_shuffle(),
                Just(map.competitors.clone()).prop_shuffle(),
            );
            let mixed = parts.prop_map(|(people, influences, criteria, competitors)| Map {
                people, influences, criteria, competitors,
            });
            (Just(map), mixed)
        }),
    ) {
        prop_assert_eq!(map.judge(), mixed.judge());
    }

    #[test]
    fn raising_an_attitude_never_lowers_covered_power_nor_loses_a_way(
        map in any_map(),
        whom in 0..8usize,
        (from, to) in (0..5usize, 0..5usize).prop_filter("a raise", |(from, to)| from < to),
    ) {
        let whom = whom % map.people.len();
        let at = |step: usize| map.with(|map| map.people[whom].attitude = LADDER[step]).judge();
        let (before, after) = (at(from), at(to));
        prop_assert!(after.covered_weight >= before.covered_weight);
        prop_assert!(after.supporting_weight >= before.supporting_weight);
        prop_assert!(after.opposed_weight <= before.opposed_weight);
        for (before, after) in strengths(&before).iter().zip(strengths(&after)) {
            prop_assert!(after >= before - 1e-9, "{before} fell to {after}");
        }
    }

    #[test]
    fn without_its_weakest_influence_the_answer_is_another(map in any_map()) {
        for reach in map.judge().decision_makers {
            let Some(weakest) = reach.path.as_ref().and_then(|path| path.weakest.clone()) else {
                continue;
            };
            let after = map.with(|map| map.influences.retain(|other| *other != weakest)).judge();
            let after = after.decision_makers.into_iter().find(|r| r.contact == reach.contact);
            let path = after.unwrap().path;
            let strength = |path: &Option<InfluencePath>| path.as_ref().map_or(0.0, |p| p.strength);
            prop_assert!(strength(&path) <= strength(&reach.path) + 1e-9);
            prop_assert_ne!(path, reach.path);
        }
    }

    #[test]
    fn the_way_found_is_the_strongest(map in any_map()) {
        for reach in map.judge().decision_makers {
            let ours = map.people.iter().filter(|person| person.is_on_our_side());
            let best = ours
                .map(|from| best_by_trying(&map, &mut vec![from.contact.clone()], &reach.contact))
                .fold(0.0, f64::max);
            let found = reach.path.as_ref().map_or(0.0, |path| path.strength);
            prop_assert!((found - best).abs() < 1e-9, "found {found}, best {best}");
            if let Some(path) = reach.path {
                let weakest = path.weakest.map_or(100, |weakest| weakest.strength);
                prop_assert!(path.strength <= f64::from(weakest) / 100.0 + 1e-12);
            }
        }
    }

    #[test]
    fn an_opponent_stands_only_at_the_end_of_a_way(map in any_map()) {
        let analysis = map.judge();
        for path in analysis.decision_makers.iter().filter_map(|reach| reach.path.as_ref()) {
            let (_, before) = path.contacts.split_last().unwrap();
            prop_assert!(map.person(&path.contacts[0]).is_on_our_side());
            prop_assert!(before.iter().all(|contact| !map.person(contact).is_opponent()));
        }
        for path in analysis.criteria.iter().filter_map(|reach| reach.path.as_ref()) {
            prop_assert!(path.contacts.iter().all(|contact| !map.person(contact).is_opponent()));
        }
    }

    #[test]
    fn whoever_is_nearest_opens_the_way_that_is_told(map in any_map()) {
        for reach in map.judge().decision_makers {
            prop_assert!(reach.path.is_some() != reach.nearest_miss.is_some());
            let Some(path) = reach.nearest_miss.as_ref().and_then(|miss| miss.path.as_ref()) else {
                let heard = map.influences.iter().any(|step| {
                    step.to == reach.contact && step.from != reach.contact
                        && map.people.iter().any(|person| person.contact == step.from)
                });
                prop_assert!(reach.path.is_some() || !heard);
                continue;
            };
            let whom = &reach.nearest_miss.as_ref().unwrap().contact;
            let after = won(&map, whom, map.person(whom).change_to_our_side().unwrap()).judge();
            let after = after.decision_makers.into_iter().find(|r| r.contact == reach.contact);
            let strength = after.unwrap().path.unwrap().strength;
            prop_assert!((strength - path.strength).abs() < 1e-9);
            let nearest = map.person(whom).steps_to_our_side();
            for other in map.people.iter().filter(|other| other.contact != reach.contact) {
                let other_strength = best_by_trying_if_won(&map, &other.contact, &reach.contact);
                let steps = other.steps_to_our_side();
                prop_assert!(other_strength == 0.0 || nearest <= steps, "{} is nearer", other.contact);
                prop_assert!(nearest < steps || other_strength <= path.strength + 1e-9, "{} is stronger", other.contact);
            }
        }
    }

    #[test]
    fn the_gain_is_what_the_change_brings(map in any_map()) {
        let before = map.judge();
        let ways = |analysis: &DecisionMapAnalysis| -> Vec<String> {
            let reached = analysis.decision_makers.iter().filter(|reach| reach.path.is_some());
            reached.map(|reach| reach.contact.clone()).collect()
        };
        let mut best = 0;
        for person in &map.people {
            let Some(change) = person.change_to_our_side() else { continue };
            let after = won(&map, &person.contact, change).judge();
            best = best.max(after.covered_weight - before.covered_weight);
            let told = before.next_to_win.iter().find(|win| win.contact == person.contact);
            if let Some(told) = told {
                prop_assert_eq!(told.change(), change);
                prop_assert_eq!(told.covered_weight, after.covered_weight);
                prop_assert_eq!(told.gain, after.covered_weight - before.covered_weight);
                let mut opened = ways(&after);
                opened.retain(|contact| !ways(&before).contains(contact));
                prop_assert_eq!(&told.opened_decision_makers, &opened);
            }
        }
        prop_assert_eq!(before.next_to_win.first().map_or(0, |win| win.gain), best);
    }
}

fn won(map: &Map, contact: &str, change: Change) -> Map {
    map.with(|map| {
        let person = map
            .people
            .iter_mut()
            .find(|person| person.contact == contact)
            .unwrap();
        match change {
            Change::Access => person.coverage = Coverage::Met,
            _ => person.attitude = Attitude::Favourable,
        }
    })
}

fn best_by_trying_if_won(map: &Map, contact: &str, to: &str) -> f64 {
    let Some(change) = map.person(contact).change_to_our_side() else {
        return 0.0;
    };
    best_by_trying(
        &won(map, contact, change),
        &mut vec![contact.to_owned()],
        to,
    )
}
