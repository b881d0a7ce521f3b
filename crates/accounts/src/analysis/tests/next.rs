//! Whom to win next.

use keynode_proto::accounts::v1::NextWin;
use keynode_proto::accounts::v1::next_win::Change;

use super::*;

fn next(people: &[Person], influences: &[Influence]) -> Vec<NextWin> {
    judge(people, influences).next_to_win
}

fn names(wins: &[NextWin]) -> Vec<&str> {
    wins.iter().map(|win| win.contact.as_str()).collect()
}

fn weighing(contact: &str, weight: i32) -> Person {
    Person {
        weight: Some(weight),
        ..person(contact)
    }
}

#[test]
fn the_greatest_gain_comes_first_and_at_most_three_are_named() {
    let people: Vec<Person> = (1..=5).map(|n| weighing(&format!("p{n}"), n)).collect();
    let wins = next(&people, &[influence("p1", "p5", 10)]);
    assert_eq!(names(&wins), ["p1", "p5", "p4"]);
    assert_eq!((wins[0].gain, wins[0].covered_weight), (6, 6));
}

#[test]
fn what_is_covered_already_is_no_gain() {
    let people = [
        Person {
            weight: Some(30),
            ..supporter("a")
        },
        weighing("b", 50),
        weighing("c", 20),
    ];
    let influences = [influence("a", "b", 10), influence("c", "b", 90)];
    let wins = next(&people, &influences);
    assert_eq!(names(&wins), ["c"]);
    assert_eq!((wins[0].gain, wins[0].covered_weight), (20, 100));
}

#[test]
fn without_any_weight_the_decision_makers_opened_count() {
    let people = [
        person("a"),
        person("b"),
        decider("d"),
        decider("e"),
        person("x"),
    ];
    let influences = [
        influence("a", "b", 20),
        influence("b", "d", 20),
        influence("a", "e", 5),
    ];
    let wins = next(&people, &influences);
    assert_eq!(names(&wins), ["a", "b", "d"]);
    assert_eq!(wins[0].opened_decision_makers, ["d", "e"]);
    assert_eq!(
        (wins[0].gain, wins[0].change(), wins[0].steps),
        (0, Change::Attitude, 1)
    );
}

#[test]
fn whoever_opens_nothing_is_not_named() {
    assert!(next(&[person("a"), person("b")], &[influence("a", "b", 90)]).is_empty());
    assert!(next(&[supporter("a"), decider("d")], &[influence("a", "d", 1)]).is_empty());
}

#[test]
fn fewer_steps_then_more_people_then_a_meeting_decide_between_equals() {
    let sceptic = Person {
        attitude: Attitude::Sceptic,
        ..weighing("a", 10)
    };
    let met = Person {
        coverage: Coverage::Met,
        ..weighing("c", 10)
    };
    let people = [sceptic, weighing("b", 10), met.clone()];
    assert_eq!(names(&next(&people, &[])), ["c", "b", "a"]);
    let people = [person("x"), weighing("b", 10), met];
    let more = [influence("b", "x", 10)];
    assert_eq!(names(&next(&people, &more)), ["b", "c"]);
}

#[test]
fn an_opponent_won_over_counts_and_carries() {
    let people = [
        Person {
            weight: Some(40),
            ..opponent("o")
        },
        weighing("b", 10),
        Person {
            weight: Some(5),
            ..opponent("p")
        },
    ];
    let influences = [
        influence("o", "b", 50),
        influence("o", "p", 50),
        influence("p", "o", 50),
    ];
    let wins = next(&people, &influences);
    assert_eq!(names(&wins), ["o", "b", "p"]);
    assert_eq!(
        (wins[0].gain, wins[0].steps),
        (50, 3),
        "the other one stays an opponent"
    );
}

#[test]
fn a_coach_whom_nobody_met_has_only_to_be_met() {
    let coach = Person {
        roles: vec![StakeholderRole::Coach],
        coverage: Coverage::NoContact,
        ..person("c")
    };
    let wins = next(&[coach, decider("d")], &[influence("c", "d", 50)]);
    assert_eq!(names(&wins), ["c", "d"]);
    assert_eq!((wins[0].change(), wins[0].steps), (Change::Access, 0));
}
