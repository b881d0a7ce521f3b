//! The figures of docs/decision-map.md.

use super::*;

fn zhang() -> Vec<Person> {
    let met = |contact: &str| Person {
        coverage: Coverage::Met,
        ..person(contact)
    };
    vec![
        met("a"),
        met("deputy"),
        Person {
            attitude: Attitude::Favourable,
            is_at_customer: false,
            ..met("designer")
        },
        Person {
            coverage: Coverage::NoContact,
            ..decider("manager")
        },
        met("subordinate"),
    ]
}

fn judge_zhang(people: &[Person]) -> DecisionMapAnalysis {
    let influences = [
        on_criterion("designer", "design", 60),
        influence("a", "deputy", 60),
        influence("deputy", "manager", 70),
    ];
    judge(people, &influences)
}

fn next(analysis: &DecisionMapAnalysis) -> Vec<(&str, i32)> {
    let wins = analysis.next_to_win.iter();
    wins.map(|win| (win.contact.as_str(), win.gain)).collect()
}

#[test]
fn without_weights_whoever_covers_most_people_comes_next() {
    let analysis = judge_zhang(&zhang());
    assert_eq!(next(&analysis), [("a", 0), ("deputy", 0), ("manager", 0)]);
    let miss = analysis.decision_makers[0].nearest_miss.as_ref().unwrap();
    assert_eq!(miss.contact, "deputy");
    assert!((miss.path.as_ref().unwrap().strength - 0.7).abs() < 1e-12);
}

#[test]
fn with_weights_the_gain_is_told_and_winning_a_brings_it() {
    let mut people = zhang();
    for (person, weight) in [(0, 30), (1, 20), (3, 40)] {
        people[person].weight = Some(weight);
    }
    let before = judge_zhang(&people);
    assert_eq!(next(&before), [("a", 90), ("deputy", 60), ("manager", 40)]);
    assert_eq!(
        (before.unknown_weight, before.covered_share),
        (10, Some(0.0))
    );

    people[0].attitude = Attitude::Favourable;
    let after = judge_zhang(&people);
    assert_eq!((after.covered_weight, after.known_weight), (90, 90));
    assert!(after.next_to_win.is_empty());
    let reach = &after.decision_makers[0];
    let path = reach.path.as_ref().unwrap();
    assert_eq!(path.contacts, ["a", "deputy", "manager"]);
    assert!((path.strength - 0.42).abs() < 1e-12);
    assert_eq!(path.weakest, Some(influence("a", "deputy", 60)));
    assert_eq!(reach.advocacy.as_ref().unwrap().unattended, 0.8);
}
