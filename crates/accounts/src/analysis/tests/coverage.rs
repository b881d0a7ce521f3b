//! Covered power, advocates, criteria, departments and competitors.

use super::*;

fn weighing(weight: i32, person: Person) -> Person {
    Person {
        weight: Some(weight),
        ..person
    }
}

#[test]
fn of_nothing_no_power_is_covered_and_no_share_is_known() {
    let analysis = judge(&[], &[]);
    assert_eq!((analysis.covered_weight, analysis.known_weight), (0, 0));
    assert_eq!(analysis.covered_share, None);
    assert_eq!(analysis.analysis_version, "2");
    assert!(analysis.next_to_win.is_empty() && !analysis.competitors_known);
    let weightless = judge(&[weighing(0, supporter("a"))], &[]);
    assert_eq!(weightless.covered_share, None, "nothing of nothing");
}

#[test]
fn whoever_a_way_reaches_is_covered_but_opponents() {
    let people = [
        weighing(10, supporter("a")),
        weighing(20, person("b")),
        weighing(40, decider("d")),
        weighing(5, opponent("o")),
        weighing(3, person("x")),
    ];
    let influences = [
        influence("a", "b", 50),
        influence("b", "d", 50),
        influence("a", "o", 90),
        influence("o", "x", 90),
    ];
    let analysis = judge(&people, &influences);
    assert_eq!((analysis.covered_weight, analysis.known_weight), (70, 78));
    assert!((analysis.covered_share.unwrap() - 70.0 / 78.0).abs() < 1e-12);
    assert_eq!(
        (analysis.supporting_weight, analysis.opposed_weight),
        (10, 5)
    );
    assert_eq!(analysis.unknown_weight, 22);
}

#[test]
fn advocates_are_those_on_our_side_with_the_decision_makers_ear() {
    let people = [
        supporter("a"),
        supporter("b"),
        supporter("far"),
        person("n"),
        decider("d"),
    ];
    let influences = [
        influence("a", "d", 50),
        influence("b", "d", 60),
        influence("far", "n", 100),
        influence("n", "d", 90),
    ];
    let advocacy = reach(&people, &influences).advocacy.unwrap();
    assert_eq!(advocacy.advocates, ["b", "a"]);
    assert!((advocacy.presence - 0.8).abs() < 1e-12);
    assert!((advocacy.unattended - 0.16).abs() < 1e-12);
    let nobody = reach(&[decider("d")], &[]).advocacy.unwrap();
    assert_eq!((nobody.presence, nobody.unattended), (0.0, 0.8));
}

#[test]
fn an_advocate_named_twice_and_a_decision_maker_who_supports_us_speak_once() {
    let d = Person {
        attitude: Attitude::Supporter,
        ..decider("d")
    };
    let influences = [
        influence("a", "d", 30),
        influence("a", "d", 50),
        influence("d", "d", 90),
    ];
    let advocacy = reach(&[supporter("a"), d], &influences).advocacy.unwrap();
    assert_eq!(
        (advocacy.advocates, advocacy.presence),
        (vec!["a".to_owned()], 0.5)
    );
}

#[test]
fn the_share_of_activity_without_us_is_a_setting() {
    let settings = Settings {
        activity_without_us: 0.5,
    };
    let subject = Subject {
        people: &[supporter("a"), decider("d")],
        influences: &[influence("a", "d", 60)],
        criteria: &[],
        competitors: &[],
        departments: &[],
        settings: &settings,
    };
    let advocacy = analyze(&subject)
        .decision_makers
        .remove(0)
        .advocacy
        .unwrap();
    assert_eq!(advocacy.activity_without_us, 0.5);
    assert!((advocacy.unattended - 0.2).abs() < 1e-12);
}

fn criterion(id: &str) -> PurchaseCriterion {
    PurchaseCriterion {
        id: id.to_owned(),
        display_name: id.to_uppercase(),
    }
}

#[test]
fn a_criterion_is_reached_directly_through_others_or_not_at_all() {
    let people = [supporter("a"), person("b"), opponent("o"), person("z")];
    let influences = [
        on_criterion("a", "spec", 40),
        influence("a", "b", 90),
        on_criterion("b", "price", 50),
        influence("a", "o", 90),
        on_criterion("o", "terms", 90),
        on_criterion("a", "gone", 90),
    ];
    let criteria = [criterion("terms"), criterion("spec"), criterion("price")];
    let analysis = judge_with(&people, &influences, &criteria);
    let [price, spec, terms] = &analysis.criteria[..] else {
        panic!("{:?}", analysis.criteria)
    };
    let way = spec.path.as_ref().unwrap();
    assert_eq!(
        (spec.display_name.as_str(), &way.contacts[..]),
        ("SPEC", &["a".to_owned()][..])
    );
    assert_eq!(way.weakest, Some(on_criterion("a", "spec", 40)));
    let way = price.path.as_ref().unwrap();
    assert_eq!(way.contacts, ["a", "b"]);
    assert!((way.strength - 0.45).abs() < 1e-12);
    assert_eq!((terms.criterion.as_str(), &terms.path), ("terms", &None));
}

#[test]
fn a_criterion_never_leads_on_to_people() {
    let people = [supporter("a"), decider("d")];
    let influences = [on_criterion("a", "d", 90), influence("d", "a", 90)];
    let analysis = judge_with(&people, &influences, &[criterion("d")]);
    assert_eq!(analysis.decision_makers[0].path, None);
    assert!(analysis.criteria[0].path.is_some());
}

#[test]
fn a_department_is_covered_by_somebody_met_there_and_named_once() {
    let works = |contact: &str, department: &str, is_at_customer, coverage| Person {
        department: department.to_owned(),
        is_at_customer,
        coverage,
        ..person(contact)
    };
    let people = [
        works("a", "仪表科", true, Coverage::Met),
        works("b", "仪表科", true, Coverage::NoContact),
        works("c", " 项目部 ", true, Coverage::NoContact),
        works("d", "设计院", false, Coverage::NoContact),
        works("e", "商务部", false, Coverage::Met),
        works("f", "", true, Coverage::Met),
    ];
    let known = ["商务部", "项目部", "仪表科", " "].map(str::to_owned);
    let analysis = analyze(&Subject {
        people: &people,
        influences: &[],
        criteria: &[],
        competitors: &[],
        departments: &known,
        settings: &Settings::default(),
    });
    assert_eq!(analysis.uncovered_departments, ["商务部", "项目部"]);
}

#[test]
fn a_competitor_without_a_known_supporter_is_named_with_nobody() {
    let for_them = Person {
        supported_competitors: vec!["competitors/1".to_owned(), "competitors/9".to_owned()],
        ..opponent("a")
    };
    let competitors = ["competitors/2", "competitors/1"].map(str::to_owned);
    let analysis = analyze(&Subject {
        people: &[for_them],
        influences: &[],
        criteria: &[],
        competitors: &competitors,
        departments: &[],
        settings: &Settings::default(),
    });
    assert!(analysis.competitors_known);
    let told: Vec<_> = analysis
        .competitors
        .iter()
        .map(|support| (support.competitor.as_str(), support.supporters.len()))
        .collect();
    assert_eq!(told, [("competitors/1", 1), ("competitors/2", 0)]);
}
