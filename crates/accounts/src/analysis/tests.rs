//! What existed in version 1 of the rules, and what other tests build maps from.

mod coverage;
mod misses;
mod next;
mod properties;
mod worked_example;

use keynode_proto::accounts::v1::{
    Attitude, Coverage, DecisionMakerReach, Function, InfluencePath, StakeholderRole,
};
use keynode_proto::google::r#type::Date;

use super::*;

fn person(contact: &str) -> Person {
    Person {
        contact: contact.to_owned(),
        display_name: contact.to_uppercase(),
        function: Function::Unspecified,
        department: String::new(),
        is_at_customer: true,
        roles: vec![StakeholderRole::Other],
        weight: None,
        attitude: Attitude::Unspecified,
        coverage: Coverage::Unspecified,
        supported_competitors: Vec::new(),
    }
}

fn supporter(contact: &str) -> Person {
    Person {
        attitude: Attitude::Supporter,
        ..person(contact)
    }
}

fn decider(contact: &str) -> Person {
    Person {
        roles: vec![StakeholderRole::DecisionMaker],
        ..person(contact)
    }
}

fn opponent(contact: &str) -> Person {
    Person {
        attitude: Attitude::Opponent,
        ..person(contact)
    }
}

fn influence(from: &str, to: &str, strength: i32) -> Influence {
    Influence {
        from: from.to_owned(),
        to: to.to_owned(),
        strength,
        ..Influence::default()
    }
}

fn on_criterion(from: &str, criterion: &str, strength: i32) -> Influence {
    Influence {
        criterion: criterion.to_owned(),
        ..influence(from, "", strength)
    }
}

/// The analysis of a map without criteria and competitors.
fn judge(people: &[Person], influences: &[Influence]) -> DecisionMapAnalysis {
    judge_with(people, influences, &[])
}

fn judge_with(
    people: &[Person],
    influences: &[Influence],
    criteria: &[PurchaseCriterion],
) -> DecisionMapAnalysis {
    analyze(&Subject {
        people,
        influences,
        criteria,
        competitors: &[],
        departments: &[],
        settings: &Settings::default(),
    })
}

fn reach(people: &[Person], influences: &[Influence]) -> DecisionMakerReach {
    judge(people, influences).decision_makers.remove(0)
}

fn path(people: &[Person], influences: &[Influence]) -> Option<InfluencePath> {
    reach(people, influences).path
}

#[test]
fn of_nothing_nothing_is_known() {
    let analysis = judge(&[], &[]);
    assert!(!analysis.has_coach && !analysis.decision_maker_known);
    assert_eq!(analysis.uncovered_functions.len(), 6);
    assert_eq!(
        (analysis.supporting_weight, analysis.unknown_weight),
        (0, 100)
    );
}

#[test]
fn the_strongest_way_wins_over_the_shortest() {
    let people = [supporter("a"), person("b"), decider("d")];
    let influences = [
        influence("a", "d", 30),
        influence("a", "b", 80),
        influence("b", "d", 50),
    ];
    let path = path(&people, &influences).unwrap();
    assert_eq!(path.contacts, ["a", "b", "d"]);
    assert!((path.strength - 0.4).abs() < 1e-12);
    assert_eq!(path.weakest.unwrap(), influence("b", "d", 50));
}

#[test]
fn of_equal_ways_the_shorter_and_then_the_first_by_contact_wins() {
    let people = [supporter("a"), supporter("b"), decider("d")];
    let same = [
        influence("b", "d", 50),
        influence("a", "d", 50),
        influence("a", "b", 100),
    ];
    assert_eq!(path(&people, &same).unwrap().contacts, ["a", "d"]);
}

#[test]
fn a_cycle_does_no_harm() {
    let people = [supporter("a"), person("b"), person("c"), decider("d")];
    let influences = [
        influence("a", "b", 100),
        influence("b", "c", 100),
        influence("c", "b", 100),
        influence("c", "d", 90),
        influence("d", "a", 100),
    ];
    assert_eq!(
        path(&people, &influences).unwrap().contacts,
        ["a", "b", "c", "d"]
    );
}

#[test]
fn an_opponent_carries_no_way() {
    let people = [supporter("a"), opponent("b"), decider("d")];
    assert_eq!(
        path(&people, &[influence("a", "b", 90), influence("b", "d", 90)]),
        None
    );
    let turned_coach = Person {
        roles: vec![StakeholderRole::Coach],
        ..opponent("b")
    };
    let analysis = judge(&[turned_coach, decider("d")], &[influence("b", "d", 90)]);
    assert!(!analysis.has_coach);
    assert_eq!(analysis.decision_makers[0].path, None);
}

#[test]
fn a_coach_is_somebody_in_contact_who_is_not_against_us() {
    let has_coach = |attitude, coverage| {
        let coach = Person {
            roles: vec![StakeholderRole::User, StakeholderRole::Coach],
            attitude,
            coverage,
            ..person("a")
        };
        judge(&[person("b"), coach], &[]).has_coach
    };
    assert!(has_coach(Attitude::Unspecified, Coverage::Unspecified));
    assert!(has_coach(Attitude::Sceptic, Coverage::Met));
    assert!(!has_coach(Attitude::Opponent, Coverage::InDepth));
    assert!(!has_coach(Attitude::Supporter, Coverage::NoContact));
    assert!(!judge(&[supporter("a")], &[]).has_coach);
}

#[test]
fn a_coach_whom_nobody_reached_begins_no_way() {
    let unreached = |attitude| Person {
        roles: vec![StakeholderRole::Coach],
        coverage: Coverage::NoContact,
        attitude,
        ..person("a")
    };
    let influences = [influence("a", "d", 50)];
    let way = |attitude| path(&[unreached(attitude), decider("d")], &influences);
    assert!(way(Attitude::Unspecified).is_none());
    assert!(way(Attitude::Supporter).is_some(), "as a supporter");
}

#[test]
fn an_opponent_who_decides_can_still_be_reached() {
    let people = [
        supporter("a"),
        Person {
            attitude: Attitude::Opponent,
            ..decider("d")
        },
    ];
    assert_eq!(
        path(&people, &[influence("a", "d", 10)]).unwrap().contacts,
        ["a", "d"]
    );
}

#[test]
fn a_decision_maker_on_our_side_needs_no_way() {
    let people = [
        Person {
            attitude: Attitude::Favourable,
            ..decider("d")
        },
        supporter("a"),
    ];
    let path = path(&people, &[influence("a", "d", 100)]).unwrap();
    assert_eq!(
        (path.contacts, path.strength, path.weakest),
        (vec!["d".to_owned()], 1.0, None)
    );
}

#[test]
fn a_coach_and_a_hidden_supporter_begin_a_way_whatever_they_show() {
    for role in [StakeholderRole::Coach, StakeholderRole::HiddenSupporter] {
        let insider = Person {
            roles: vec![role],
            ..person("a")
        };
        assert!(path(&[insider, decider("d")], &[influence("a", "d", 50)]).is_some());
    }
    assert!(path(&[person("a"), decider("d")], &[influence("a", "d", 50)]).is_none());
}

#[test]
fn key_persons_whom_nobody_met_are_named() {
    let weighty = |contact: &str, coverage| Person {
        weight: Some(20),
        coverage,
        ..person(contact)
    };
    let people = [
        decider("d"),
        weighty("a", Coverage::NoContact),
        weighty("b", Coverage::Met),
        Person {
            weight: Some(0),
            ..person("c")
        },
        person("e"),
    ];
    assert_eq!(judge(&people, &[]).key_persons_without_contact, ["a", "d"]);
}

#[test]
fn a_function_is_covered_by_somebody_met_at_the_customer_only() {
    let met = |contact: &str, function, is_at_customer| Person {
        function,
        is_at_customer,
        coverage: Coverage::Met,
        ..person(contact)
    };
    let unmet = Person {
        function: Function::User,
        coverage: Coverage::NoContact,
        ..person("u")
    };
    let people = [
        met("t", Function::Technical, true),
        met("p", Function::Purchasing, false),
        unmet,
    ];
    let uncovered = judge(&people, &[]).uncovered_functions;
    assert!(!uncovered.contains(&Function::Technical.into()));
    assert_eq!(uncovered.len(), 5);
}

#[test]
fn weights_are_summed_as_far_as_they_are_known() {
    let people = [
        Person {
            weight: Some(30),
            ..supporter("a")
        },
        Person {
            weight: Some(25),
            ..person("b")
        },
        supporter("c"),
    ];
    let analysis = judge(&people, &[]);
    assert_eq!(
        (analysis.supporting_weight, analysis.unknown_weight),
        (30, 45)
    );
    let too_much = [
        Person {
            weight: Some(100),
            ..person("a")
        },
        Person {
            weight: Some(60),
            ..person("b")
        },
    ];
    assert_eq!(judge(&too_much, &[]).unknown_weight, 0);
}

#[test]
fn a_very_long_way_of_weak_influences_is_still_a_way() {
    let name = |n: usize| format!("p{n:04}");
    let mut people: Vec<Person> = (0..400).map(|n| person(&name(n))).collect();
    people[0].attitude = Attitude::Supporter;
    people[399].roles = vec![StakeholderRole::DecisionMaker];
    let influences: Vec<_> = (1..400)
        .map(|n| influence(&name(n - 1), &name(n), 1))
        .collect();
    assert!(path(&people, &influences).unwrap().strength > 0.0);
}

#[test]
fn of_two_influences_that_differ_little_the_same_one_is_always_told() {
    let one = influence("a", "d", 50);
    let on = |day| Influence {
        evidence_date: Some(Date {
            day,
            ..Date::default()
        }),
        ..one.clone()
    };
    let formal = Influence {
        formal: true,
        ..one.clone()
    };
    let heard = Influence {
        evidence: "heard".to_owned(),
        ..one.clone()
    };
    let people = [supporter("a"), decider("d")];
    for (a, b) in [
        (&one, &formal),
        (&one, &heard),
        (&one, &on(1)),
        (&on(2), &on(1)),
    ] {
        let told = |influences| path(&people, influences).unwrap();
        assert_eq!(told(&[a.clone(), b.clone()]), told(&[b.clone(), a.clone()]));
    }
}
