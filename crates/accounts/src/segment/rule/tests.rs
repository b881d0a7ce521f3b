use proptest::prelude::*;

use super::*;

fn known() -> Facts {
    Facts {
        industry: Some("Chemicals".to_owned()),
        location: Some("宁夏银川".to_owned()),
        revenue: Some(("CNY".to_owned(), Decimal::from(500))),
        employees: Some(120),
        founded: Some(1998),
        owner: Some(Uuid::from_u128(1)),
        team: Some(Uuid::from_u128(2)),
        lineage: vec![Uuid::from_u128(3), Uuid::from_u128(4)],
        kind: AccountKind::Agent,
        region: Some("North West".to_owned()),
        tags: vec!["VIP".to_owned(), "化工".to_owned()],
        level: Some(AccountLevel::Plant),
        attributes: [(lines(), Value::Choice("two".to_owned()))].into(),
        classes: vec![
            (CustomerClass::WinterJasmine, Verdict::Yes),
            (CustomerClass::Wintersweet, Verdict::No),
        ],
    }
}

fn lines() -> AttributeId {
    AttributeId("lines".to_owned())
}

fn at_least(min: i64) -> Range {
    Range {
        min: Some(min),
        max: None,
    }
}

fn revenue(currency: &str, min: i64) -> Criterion {
    Criterion::Revenue {
        currency: currency.to_owned(),
        min: Some(min.into()),
        max: None,
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| folded(word)).collect()
}

#[test]
fn each_condition_asks_its_own_fact() {
    let met = [
        Criterion::Industry(words(&["steel", " CHEMICALS"])),
        Criterion::Location(words(&["宁夏"])),
        revenue("CNY", 500),
        Criterion::Employees(at_least(120)),
        Criterion::Founded(Range {
            min: None,
            max: Some(1998),
        }),
        Criterion::Owner(vec![Uuid::from_u128(1)]),
        Criterion::Team(vec![Uuid::from_u128(2)]),
        Criterion::Within(vec![Uuid::from_u128(4)]),
        Criterion::Kind(vec![AccountKind::Customer, AccountKind::Agent]),
        Criterion::Region(words(&["northwest"])),
        Criterion::Tag(words(&["large", "vip"])),
        Criterion::Level(vec![AccountLevel::Plant]),
        Criterion::Attribute(lines(), Value::Choice("two".to_owned())),
        Criterion::Class(vec![
            CustomerClass::Wintersweet,
            CustomerClass::WinterJasmine,
        ]),
    ];
    let failed = [
        Criterion::Industry(words(&["chem"])),
        Criterion::Location(words(&["上海"])),
        revenue("CNY", 501),
        Criterion::Employees(at_least(121)),
        Criterion::Founded(at_least(1999)),
        Criterion::Owner(vec![Uuid::from_u128(9)]),
        Criterion::Team(vec![]),
        Criterion::Within(vec![Uuid::from_u128(1)]),
        Criterion::Kind(vec![AccountKind::Customer]),
        Criterion::Region(words(&["north"])),
        Criterion::Tag(words(&["vi"])),
        Criterion::Level(vec![AccountLevel::Group]),
        Criterion::Attribute(lines(), Value::Text("two".to_owned())),
        Criterion::Class(vec![CustomerClass::Wintersweet]),
    ];
    for (met, failed) in met.iter().zip(&failed) {
        assert_eq!(holds(met, &known()), Verdict::Yes, "{met:?}");
        assert_eq!(holds(failed, &known()), Verdict::No, "{failed:?}");
    }
}

#[test]
fn what_is_not_known_is_neither_met_nor_failed() {
    let asked = [
        Criterion::Industry(words(&["steel"])),
        Criterion::Location(words(&["宁夏"])),
        revenue("CNY", 0),
        Criterion::Employees(at_least(0)),
        Criterion::Founded(at_least(0)),
        Criterion::Region(words(&["northwest"])),
        Criterion::Level(vec![AccountLevel::Plant]),
        Criterion::Attribute(lines(), Value::Choice("two".to_owned())),
        Criterion::Class(vec![CustomerClass::WinterJasmine]),
    ];
    for criterion in &asked {
        assert_eq!(
            holds(criterion, &Facts::default()),
            Verdict::Unknown,
            "{criterion:?}"
        );
    }
    assert_eq!(holds(&revenue("USD", 0), &known()), Verdict::Unknown);
    assert_eq!(holds(&Criterion::Foreign, &known()), Verdict::Unknown);
}

#[test]
fn nobody_is_no_owner_that_is_asked_for() {
    let asked = Criterion::Owner(vec![Uuid::from_u128(1)]);
    assert_eq!(holds(&asked, &Facts::default()), Verdict::No);
}

#[test]
fn an_account_without_tags_has_none_that_is_asked_for() {
    let asked = Criterion::Tag(words(&["vip"]));
    assert_eq!(holds(&asked, &Facts::default()), Verdict::No);
}

#[test]
fn one_class_that_is_met_decides_whatever_is_unknown() {
    let [jasmine, sweet] = [CustomerClass::WinterJasmine, CustomerClass::Wintersweet];
    for (verdicts, expected) in [
        ([Verdict::Unknown, Verdict::Yes], Verdict::Yes),
        ([Verdict::Yes, Verdict::Unknown], Verdict::Yes),
        ([Verdict::No, Verdict::Unknown], Verdict::Unknown),
        ([Verdict::Unknown, Verdict::No], Verdict::Unknown),
        ([Verdict::No, Verdict::No], Verdict::No),
    ] {
        let facts = Facts {
            classes: [jasmine, sweet].into_iter().zip(verdicts).collect(),
            ..Facts::default()
        };
        let asked = Criterion::Class(vec![jasmine, sweet]);
        assert_eq!(holds(&asked, &facts), expected, "{verdicts:?}");
    }
}

#[test]
fn one_failed_condition_decides_whatever_is_unknown() {
    let failed = Criterion::Employees(at_least(1000));
    let unknown = revenue("USD", 0);
    let met = Criterion::Employees(at_least(1));
    assert_eq!(all_hold([&unknown, &failed], &known()), Verdict::No);
    assert_eq!(all_hold([&met, &unknown], &known()), Verdict::Unknown);
    assert_eq!(all_hold([&met, &met], &known()), Verdict::Yes);
}

fn a_range() -> impl Strategy<Value = Criterion> {
    let bound = || prop::option::of(-5_i64..5);
    (bound(), bound(), any::<bool>()).prop_map(|(min, max, staff)| match staff {
        true => Criterion::Employees(Range { min, max }),
        false => Criterion::Founded(Range { min, max }),
    })
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let number = || prop::option::of(-5_i64..5);
    (number(), number()).prop_map(|(employees, founded)| Facts {
        employees,
        founded,
        ..Facts::default()
    })
}

proptest! {
    /// Learning a fact settles what was unknown; it never turns yes into no.
    #[test]
    fn a_fact_that_is_learned_overturns_nothing(
        criteria in prop::collection::vec(a_range(), 1..5), facts in some_facts(), learned in -5_i64..5,
    ) {
        let more = Facts { employees: facts.employees.or(Some(learned)), ..facts.clone() };
        let (before, after) = (all_hold(&criteria, &facts), all_hold(&criteria, &more));
        prop_assert!(before == Verdict::Unknown || before == after);
    }

    #[test]
    fn the_order_of_conditions_makes_no_difference(
        criteria in prop::collection::vec(a_range(), 1..5), facts in some_facts(),
    ) {
        let turned: Vec<&Criterion> = criteria.iter().rev().collect();
        prop_assert_eq!(all_hold(&criteria, &facts), all_hold(turned, &facts));
    }

    #[test]
    fn one_more_condition_adds_no_member(
        criteria in prop::collection::vec(a_range(), 1..5), more in a_range(), facts in some_facts(),
    ) {
        let stricter = all_hold(criteria.iter().chain([&more]), &facts);
        prop_assert!(stricter != Verdict::Yes || all_hold(&criteria, &facts) == Verdict::Yes);
    }
}
