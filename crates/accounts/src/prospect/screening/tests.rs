use keynode_proto::accounts::v1::screening_criterion::Check;
use keynode_proto::accounts::v1::{
    AnyOf, BudgetPresent, ManualQuestion, ScreeningAnswer, TimetablePresent,
};
use keynode_proto::google::r#type::{Date, Money};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{
    Strategy, any as arbitrary, prop, prop_assert, prop_assert_eq, prop_assert_ne, prop_assume,
    proptest,
};

use super::*;

fn criterion(id: &str, weight: Option<i32>, check: Check) -> ScreeningCriterion {
    let kind = match weight {
        Some(_) => ScreeningCriterionKind::Scored,
        None => ScreeningCriterionKind::KnockOut,
    };
    ScreeningCriterion {
        id: id.to_owned(),
        display_name: None,
        kind: kind.into(),
        weight: weight.unwrap_or_default(),
        check: Some(check),
    }
}

fn manual(id: &str, weight: Option<i32>) -> ScreeningCriterion {
    criterion(id, weight, Check::Manual(ManualQuestion::default()))
}

fn definition(criteria: Vec<ScreeningCriterion>, pass_percent: i32) -> TargetDefinition {
    TargetDefinition {
        criteria,
        pass_percent,
        ..TargetDefinition::default()
    }
}

fn any(values: &[&str]) -> AnyOf {
    AnyOf {
        values: values.iter().map(|&value| value.to_owned()).collect(),
    }
}

fn money(currency: &str, units: i64) -> Money {
    Money {
        currency_code: currency.to_owned(),
        units,
        nanos: 0,
    }
}

/// The verdict on one knock-out criterion.
fn verdict(check: Check, prospect: &Prospect) -> ScreeningVerdict {
    let definition = definition(vec![criterion("c", None, check)], 0);
    screen(&definition, prospect).criteria[0].verdict()
}

fn answering(answers: &[(&str, bool)]) -> Prospect {
    let answer = |&(criterion, yes): &(&str, bool)| ScreeningAnswer {
        criterion: criterion.to_owned(),
        yes,
        evidence: "电话".to_owned(),
    };
    Prospect {
        answers: answers.iter().map(answer).collect(),
        ..Prospect::default()
    }
}

#[test]
fn of_nothing_nothing_is_known() {
    for check in [
        Check::Industry(any(&["化工"])),
        Check::Location(any(&["宁夏"])),
        Check::NeedKeyword(any(&["流量计"])),
        Check::MinAnnualRevenue(money("CNY", 1)),
        Check::MinEmployeeCount(1),
        Check::FoundedBefore(2000),
        Check::HasBudget(BudgetPresent {}),
        Check::MinBudget(money("CNY", 1)),
        Check::HasTimetable(TimetablePresent {}),
        Check::Manual(ManualQuestion::default()),
    ] {
        let name = format!("{check:?}");
        assert_eq!(
            verdict(check, &Prospect::default()),
            ScreeningVerdict::Unknown,
            "{name}"
        );
    }
}

#[test]
fn facts_are_held_against_what_is_asked() {
    let prospect = Prospect {
        industry: "Chemicals".to_owned(),
        location: "宁夏银川市".to_owned(),
        need: "更换老旧流量计".to_owned(),
        annual_revenue: Some(money("CNY", 5_000_000)),
        employee_count: Some(120),
        founded_year: Some(1998),
        budget: Some(money("CNY", 300_000)),
        timetable_date: Some(Date {
            year: 2027,
            month: 3,
            day: 1,
        }),
        ..Prospect::default()
    };
    for (passing, failing) in [
        (
            Check::Industry(any(&["power", "CHEMICALS"])),
            Check::Industry(any(&["chemical"])),
        ),
        (
            Check::Location(any(&["银川"])),
            Check::Location(any(&["甘肃"])),
        ),
        (
            Check::NeedKeyword(any(&["阀门", "流量计"])),
            Check::NeedKeyword(any(&["阀门"])),
        ),
        (
            Check::MinAnnualRevenue(money("CNY", 5_000_000)),
            Check::MinAnnualRevenue(money("CNY", 5_000_001)),
        ),
        (Check::MinEmployeeCount(120), Check::MinEmployeeCount(121)),
        (Check::FoundedBefore(1999), Check::FoundedBefore(1998)),
        (
            Check::MinBudget(money("CNY", 300_000)),
            Check::MinBudget(money("CNY", 300_001)),
        ),
    ] {
        let names = format!("{passing:?} {failing:?}");
        let verdicts = (verdict(passing, &prospect), verdict(failing, &prospect));
        let expected = (ScreeningVerdict::Passed, ScreeningVerdict::Failed);
        assert_eq!(verdicts, expected, "{names}");
    }
    for check in [
        Check::HasBudget(BudgetPresent {}),
        Check::HasTimetable(TimetablePresent {}),
    ] {
        assert_eq!(verdict(check, &prospect), ScreeningVerdict::Passed);
    }
}

#[test]
fn full_width_letters_are_the_same_letters() {
    let prospect = Prospect {
        industry: "\u{ff30}\u{ff34}\u{ff21}化工".to_owned(),
        ..Prospect::default()
    };
    let check = Check::Industry(any(&["pta化工"]));
    assert_eq!(verdict(check, &prospect), ScreeningVerdict::Passed);
}

#[test]
fn known_to_have_none_is_not_unknown() {
    let none = Prospect {
        budget: Some(money("CNY", 0)),
        no_timetable: true,
        ..Prospect::default()
    };
    for check in [
        Check::HasBudget(BudgetPresent {}),
        Check::HasTimetable(TimetablePresent {}),
    ] {
        assert_eq!(verdict(check, &none), ScreeningVerdict::Failed);
    }
}

#[test]
fn another_currency_cannot_be_compared() {
    let prospect = Prospect {
        annual_revenue: Some(money("USD", 1)),
        ..Prospect::default()
    };
    let check = Check::MinAnnualRevenue(money("CNY", 5_000_000));
    assert_eq!(verdict(check, &prospect), ScreeningVerdict::Unknown);
}

#[test]
fn a_knock_out_ends_it_whatever_the_score() {
    let definition = definition(vec![manual("pays", None), manual("fits", Some(100))], 60);
    let outcome = |answers: &[(&str, bool)]| screen(&definition, &answering(answers)).outcome();
    assert_eq!(
        outcome(&[("pays", false), ("fits", true)]),
        ScreeningOutcome::Unqualified
    );
    assert_eq!(outcome(&[("fits", true)]), ScreeningOutcome::Undetermined);
    assert_eq!(
        outcome(&[("pays", true), ("fits", true)]),
        ScreeningOutcome::Qualified
    );
}

#[test]
fn the_unknown_leaves_a_score_between_bounds() {
    let definition = definition(
        vec![
            manual("a", Some(50)),
            manual("b", Some(30)),
            manual("c", Some(20)),
        ],
        60,
    );
    let screened = |answers: &[(&str, bool)]| {
        let screening = screen(&definition, &answering(answers));
        (
            screening.min_score,
            screening.max_score,
            screening.outcome(),
        )
    };
    assert_eq!(
        screened(&[("a", true)]),
        (50, 100, ScreeningOutcome::Undetermined)
    );
    assert_eq!(
        screened(&[("a", true), ("b", true)]),
        (80, 100, ScreeningOutcome::Qualified)
    );
    assert_eq!(
        screened(&[("a", false)]),
        (0, 50, ScreeningOutcome::Unqualified)
    );
    assert_eq!(
        screened(&[("a", true), ("b", false), ("c", false)]),
        (50, 50, ScreeningOutcome::Unqualified)
    );
}

/// Up to eight manual criteria, knock-outs or weighted, with answers or none.
fn cases() -> impl Strategy<Value = (TargetDefinition, Prospect)> {
    let part = (option::of(1..40_i32), option::of(arbitrary::<bool>()));
    (vec(part, 1..8), 0..=100_i32).prop_map(|(parts, pass)| {
        let id = |index: usize| format!("c{index}");
        let criteria = parts.iter().enumerate();
        let criteria = criteria.map(|(index, (weight, _))| manual(&id(index), *weight));
        let answers = parts.iter().enumerate();
        let answers = answers.filter_map(|(index, (_, yes))| {
            Some(ScreeningAnswer {
                criterion: id(index),
                yes: (*yes)?,
                evidence: "x".to_owned(),
            })
        });
        let prospect = Prospect {
            answers: answers.collect(),
            ..Prospect::default()
        };
        (definition(criteria.collect(), pass), prospect)
    })
}

proptest! {
    #[test]
    fn forgetting_never_turns_one_judgement_into_the_other(
        (definition, prospect) in cases(),
        forgotten in arbitrary::<prop::sample::Index>(),
    ) {
        prop_assume!(!prospect.answers.is_empty());
        let mut less = prospect.clone();
        less.answers.remove(forgotten.index(prospect.answers.len()));
        let (known, open) = (screen(&definition, &prospect), screen(&definition, &less));
        prop_assert!(
            open.outcome() == known.outcome() || open.outcome() == ScreeningOutcome::Undetermined
        );
        prop_assert!(open.min_score <= known.min_score && known.max_score <= open.max_score);
    }

    #[test]
    fn a_judgement_holds_whatever_is_learned_later(
        (definition, prospect) in cases(),
        learned in vec(arbitrary::<bool>(), 8),
    ) {
        let mut all = prospect.clone();
        for (criterion, yes) in definition.criteria.iter().zip(learned) {
            if all.answers.iter().all(|answer| answer.criterion != criterion.id) {
                let criterion = criterion.id.clone();
                all.answers.push(ScreeningAnswer { criterion, yes, evidence: "x".to_owned() });
            }
        }
        let (before, after) = (screen(&definition, &prospect), screen(&definition, &all));
        prop_assert_ne!(after.outcome(), ScreeningOutcome::Undetermined);
        if before.outcome() != ScreeningOutcome::Undetermined {
            prop_assert_eq!(before.outcome(), after.outcome());
        }
    }

    #[test]
    fn the_order_of_the_criteria_does_not_matter((definition, prospect) in cases()) {
        let mut turned = definition.clone();
        turned.criteria.reverse();
        let (one, other) = (screen(&definition, &prospect), screen(&turned, &prospect));
        prop_assert_eq!(one.outcome(), other.outcome());
        prop_assert_eq!((one.min_score, one.max_score), (other.min_score, other.max_score));
    }

    #[test]
    fn a_yes_never_harms((definition, prospect) in cases(), better in arbitrary::<prop::sample::Index>()) {
        prop_assume!(!prospect.answers.is_empty());
        let mut more = prospect.clone();
        more.answers[better.index(prospect.answers.len())].yes = true;
        let rank = |prospect: &Prospect| match screen(&definition, prospect).outcome() {
            ScreeningOutcome::Qualified => 2,
            ScreeningOutcome::Undetermined => 1,
            _ => 0,
        };
        prop_assert!(rank(&more) >= rank(&prospect));
    }

    #[test]
    fn whoever_is_not_qualified_has_an_open_criterion((definition, prospect) in cases()) {
        let total: i32 = definition.criteria.iter().map(|criterion| criterion.weight).sum();
        prop_assume!(total >= definition.pass_percent);
        let screening = screen(&definition, &prospect);
        prop_assert!(
            screening.outcome() == ScreeningOutcome::Qualified || !open(&screening).is_empty()
        );
    }
}
