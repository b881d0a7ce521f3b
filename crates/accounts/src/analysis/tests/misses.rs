//! What comes nearest to a way where there is none.

use keynode_proto::accounts::v1::NearestMiss;
use keynode_proto::accounts::v1::nearest_miss::Kind;

use super::*;

fn miss(people: &[Person], influences: &[Influence]) -> NearestMiss {
    let reach = reach(people, influences);
    assert_eq!(reach.path, None);
    reach.nearest_miss.unwrap()
}

fn sceptic(contact: &str) -> Person {
    Person {
        attitude: Attitude::Sceptic,
        ..person(contact)
    }
}

#[test]
fn where_a_way_leads_nothing_is_missed() {
    let people = [supporter("a"), decider("d")];
    assert_eq!(reach(&people, &[influence("a", "d", 1)]).nearest_miss, None);
}

#[test]
fn nobody_known_to_influence_is_said_so() {
    let people = [supporter("a"), decider("d")];
    let influences = [influence("d", "d", 50), influence("d", "a", 50)];
    let miss = miss(&people, &influences);
    assert_eq!(
        (miss.kind(), miss.contact.as_str()),
        (Kind::NoInfluenceKnown, "")
    );
    assert_eq!(miss.path, None);
}

#[test]
fn the_way_begins_with_the_person_to_win() {
    let people = [person("a"), sceptic("b"), decider("d")];
    let influences = [influence("a", "b", 50), influence("b", "d", 40)];
    let miss = miss(&people, &influences);
    assert_eq!(
        (miss.kind(), miss.display_name.as_str()),
        (Kind::NotOnOurSide, "A")
    );
    let path = miss.path.unwrap();
    assert_eq!(path.contacts, ["a", "b", "d"], "one step is fewer than two");
    assert!((path.strength - 0.2).abs() < 1e-12);
    assert_eq!(path.weakest, Some(influence("b", "d", 40)));
}

#[test]
fn of_equal_attitudes_the_strongest_way_wins_and_then_the_first_by_contact() {
    let people = [person("a"), person("b"), person("c"), decider("d")];
    let stronger = [influence("a", "d", 50), influence("b", "d", 60)];
    assert_eq!(miss(&people, &stronger).contact, "b");
    let equal = [influence("c", "d", 50), influence("b", "d", 50)];
    assert_eq!(miss(&people, &equal).contact, "b");
}

#[test]
fn a_coach_to_be_met_is_nearer_than_anybody_to_be_won() {
    let coach = Person {
        roles: vec![StakeholderRole::Coach],
        coverage: Coverage::NoContact,
        attitude: Attitude::Sceptic,
        ..person("c")
    };
    let people = [person("a"), coach, decider("d")];
    let miss = miss(&people, &[influence("a", "d", 90), influence("c", "d", 10)]);
    assert_eq!((miss.kind(), miss.contact.as_str()), (Kind::NotMet, "c"));
}

#[test]
fn an_opponent_is_the_last_resort() {
    let people = [supporter("a"), opponent("o"), sceptic("s"), decider("d")];
    let through = [influence("a", "o", 90), influence("o", "d", 90)];
    let blocked = miss(&people, &through);
    assert_eq!(
        (blocked.kind(), blocked.contact.as_str()),
        (Kind::ThroughOpponent, "o")
    );
    assert_eq!(blocked.path.unwrap().contacts, ["o", "d"]);
    let other = [&through[..], &[influence("s", "d", 1)]].concat();
    assert_eq!(miss(&people, &other).contact, "s");
    let unheard = miss(&people, &[influence("o", "d", 90)]);
    assert_eq!(
        unheard.kind(),
        Kind::NotOnOurSide,
        "no way of ours leads there"
    );
}

#[test]
fn behind_two_opponents_the_last_one_is_named() {
    let people = [supporter("a"), opponent("o"), opponent("p"), decider("d")];
    let influences = [
        influence("a", "o", 90),
        influence("o", "p", 90),
        influence("p", "d", 90),
    ];
    let miss = miss(&people, &influences);
    assert_eq!(
        (miss.kind(), miss.contact.as_str()),
        (Kind::ThroughOpponent, "p")
    );
}

#[test]
fn an_opponent_whom_many_influence_still_begins_a_way() {
    let people = [person("a"), person("b"), opponent("o"), decider("d")];
    let influences = [
        influence("a", "o", 90),
        influence("b", "o", 90),
        influence("o", "d", 90),
    ];
    let miss = miss(&people, &influences);
    assert_eq!(
        (miss.kind(), miss.contact.as_str()),
        (Kind::NotOnOurSide, "o")
    );
}

#[test]
fn decision_makers_in_a_circle_are_each_others_nearest() {
    let people = [decider("d"), decider("e")];
    let influences = [influence("d", "e", 50), influence("e", "d", 50)];
    let analysis = judge(&people, &influences);
    let nearest: Vec<_> = analysis
        .decision_makers
        .iter()
        .map(|reach| reach.nearest_miss.as_ref().unwrap().contact.as_str())
        .collect();
    assert_eq!(nearest, ["e", "d"]);
}
