use super::*;

fn criterion(condition: Condition) -> proto::SegmentCriterion {
    proto::SegmentCriterion {
        condition: Some(condition),
    }
}

fn staff(min: Option<i64>, max: Option<i64>) -> proto::SegmentCriterion {
    criterion(Condition::EmployeeCount(NumberRange { min, max }))
}

fn bad_fields(sent: &[proto::SegmentCriterion]) -> Vec<String> {
    let mut bad = Violations::default();
    read("criteria", sent, &mut bad);
    let refused = bad.finish().err();
    let fields = refused.iter().flat_map(|fault| fault.fields());
    fields.map(|(field, _)| field.to_owned()).collect()
}

#[test]
fn what_is_stored_is_read_again() {
    let any = AnyOf {
        values: vec!["ＡＢＣ".to_owned()],
    };
    let sent = [criterion(Condition::Industry(any)), staff(Some(1), None)];
    let expected = [
        Criterion::Industry(vec!["abc".to_owned()]),
        Criterion::Employees(Range {
            min: Some(1),
            max: None,
        }),
    ];
    assert_eq!(stored(&encode(&sent)), expected);
    assert_eq!(decode(&encode(&sent)), sent);
}

#[test]
fn a_condition_of_a_later_release_keeps_accounts_out() {
    let unknown = [proto::SegmentCriterion::default()];
    assert_eq!(stored(&encode(&unknown)), [Criterion::Foreign]);
    assert_eq!(stored(&[0xff]), [Criterion::Foreign]);
}

#[test]
fn every_bad_condition_is_named() {
    let money = |currency: &str, units| Money {
        currency_code: currency.to_owned(),
        units,
        nanos: 0,
    };
    let revenue = |min, max| criterion(Condition::AnnualRevenue(MoneyRange { min, max }));
    let sent = [
        proto::SegmentCriterion::default(),
        staff(None, None),
        staff(Some(2), Some(1)),
        criterion(Condition::Location(AnyOf::default())),
        criterion(Condition::Team(OneOfNames {
            names: vec!["people/1".to_owned()],
        })),
        revenue(Some(money("cny", 1)), None),
        revenue(Some(money("CNY", 1)), Some(money("USD", 2))),
    ];
    let expected = [
        "criteria[0]",
        "criteria[1].employee_count",
        "criteria[2].employee_count",
        "criteria[3].location",
        "criteria[4].team.names[0]",
        "criteria[5].annual_revenue.min",
        "criteria[6].annual_revenue",
    ];
    assert_eq!(bad_fields(&sent), expected);
    assert_eq!(bad_fields(&[]), ["criteria"]);
}
