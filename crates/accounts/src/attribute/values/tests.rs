use super::*;
use crate::attribute::Attribute;
use crate::attribute::options::Choice;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_proto::accounts::v1::attribute_value::Value as Sent;
use keynode_proto::accounts::v1::{AttributeReferenceKind, AttributeType};
use keynode_proto::google::r#type::{Date, Money};
use proptest::prelude::*;
use sqlx::types::Json;

const TYPES: [(&str, AttributeType); 6] = [
    ("text", AttributeType::Text),
    ("number", AttributeType::Number),
    ("money", AttributeType::Money),
    ("date", AttributeType::Date),
    ("choice", AttributeType::Choice),
    ("reference", AttributeType::Reference),
];

fn declared() -> Declarations {
    let attribute = |(id, kind): (&str, AttributeType)| Attribute {
        id: AttributeId(id.to_owned()),
        version: 1,
        created_at: Timestamp::UNIX_EPOCH.to_sqlx(),
        updated_at: Timestamp::UNIX_EPOCH.to_sqlx(),
        display_name_zh: id.to_owned(),
        display_name_en: id.to_owned(),
        description_zh: String::new(),
        description_en: String::new(),
        r#type: kind.into(),
        reference_kind: match kind {
            AttributeType::Reference => AttributeReferenceKind::Person.into(),
            _ => 0,
        },
        options: Json(vec![choice("open", false), choice("closed", true)]),
        max_length: 5 * i32::from(kind == AttributeType::Text),
        archived: false,
    };
    TYPES.map(attribute).map(|a| (a.id.clone(), a)).into()
}

fn choice(id: &str, archived: bool) -> Choice {
    Choice {
        id: id.to_owned(),
        zh: id.to_owned(),
        en: id.to_owned(),
        archived,
    }
}

const PERSON: &str = "people/0190b5a0-0000-7000-8000-000000000001";

fn good(kind: AttributeType) -> Sent {
    match kind {
        AttributeType::Text => Sent::Text("五个字以内".to_owned()),
        AttributeType::Number => Sent::Number("-0.5".to_owned()),
        AttributeType::Money => Sent::Money(Money {
            currency_code: "CNY".to_owned(),
            units: 1,
            nanos: 0,
        }),
        AttributeType::Date => Sent::Date(Date {
            year: 2031,
            month: 1,
            day: 31,
        }),
        AttributeType::Choice => Sent::Choice("open".to_owned()),
        _ => Sent::Reference(PERSON.to_owned()),
    }
}

fn sent(attribute: &str, value: Option<Sent>) -> AttributeValue {
    AttributeValue {
        attribute: format!("attributes/{attribute}"),
        value,
    }
}

/// The values and the bad fields.
fn judged(sent: &[AttributeValue], before: &Values) -> (Values, Vec<String>) {
    let mut bad = Violations::default();
    let there = [PERSON.to_owned()].into();
    let values = read(sent, before, &declared(), &there, &mut bad);
    let fields = match bad.finish() {
        Ok(()) => Vec::new(),
        Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
    };
    (values, fields)
}

fn bad_fields(sent: &[AttributeValue]) -> Vec<String> {
    judged(sent, &Values::new()).1
}

#[test]
fn every_bad_value_is_named_at_once() {
    let values = [
        sent("text", Some(Sent::Text("longer than five".to_owned()))),
        sent("number", Some(Sent::Number("1e3".to_owned()))),
        sent(
            "money",
            Some(Sent::Money(Money {
                units: -1,
                ..money()
            })),
        ),
        sent(
            "date",
            Some(Sent::Date(Date {
                year: 1899,
                month: 12,
                day: 31,
            })),
        ),
        sent("choice", Some(Sent::Choice("closed".to_owned()))),
        sent("reference", Some(Sent::Reference("accounts/1".to_owned()))),
        sent("nothing", Some(Sent::Text("x".to_owned()))),
        sent("text", None),
        sent("text", Some(Sent::Text("twice".to_owned()))),
        AttributeValue::default(),
    ];
    let fields = [
        "[0].text",
        "[1].number",
        "[2].money",
        "[3].date",
        "[4].choice",
        "[5].reference",
        "[5].reference",
        "[6].attribute",
        "[7]",
        "[8].attribute",
        "[9].attribute",
        "[9]",
    ];
    let fields = fields.map(|field| format!("account.attributes{field}"));
    assert_eq!(bad_fields(&values), fields);
}

fn money() -> Money {
    match good(AttributeType::Money) {
        Sent::Money(money) => money,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_reference_to_nothing_is_bad() {
    let nobody = PERSON.replace('1', "2");
    assert_eq!(
        bad_fields(&[sent("reference", Some(Sent::Reference(nobody)))]),
        ["account.attributes[0].reference"]
    );
}

#[test]
fn what_an_account_has_stays_whatever_became_of_the_declaration() {
    let archived = Value::Choice("closed".to_owned());
    let gone = Value::Text("of an attribute nobody knows".to_owned());
    let before: Values = [("choice", archived), ("gone", gone)]
        .map(|(id, value)| (AttributeId(id.to_owned()), value))
        .into();
    let (after, bad) = judged(&to_proto(&before), &before);
    assert_eq!((after, bad), (before, Vec::new()));
}

proptest! {
    /// A value is taken by attributes of its own type and by no other.
    #[test]
    fn a_value_fits_its_own_type_only(declared in 0..6_usize, given in 0..6_usize) {
        let (id, _) = TYPES[declared];
        let fields = bad_fields(&[sent(id, Some(good(TYPES[given].1)))]);
        prop_assert_eq!(fields.is_empty(), declared == given, "{:?}", fields);
    }

    /// What is taken is answered, and taken again unchanged.
    #[test]
    fn taken_values_come_back(chosen in proptest::collection::btree_set(0..6_usize, 0..6)) {
        let values: Vec<_> = chosen.iter().map(|i| sent(TYPES[*i].0, Some(good(TYPES[*i].1)))).collect();
        let (read, bad) = judged(&values, &Values::new());
        prop_assert_eq!((read.len(), bad), (chosen.len(), Vec::new()));
        let (again, _) = judged(&to_proto(&read), &Values::new());
        prop_assert_eq!(&again, &read);
        let document = serde_json::to_string(&read).unwrap();
        prop_assert_eq!(serde_json::from_str::<Values>(&document).unwrap(), read);
    }

    /// Whatever is sent as a number: it is refused, or says what was sent.
    #[test]
    fn numbers_are_exact_or_refused(text in "[-+]?[0-9_.eE]{0,24}") {
        let (values, bad) = judged(&[sent("number", Some(Sent::Number(text.clone())))], &Values::new());
        match values.values().next() {
            Some(Value::Number(number)) => {
                let plain: rust_decimal::Decimal = text.trim_start_matches('+').parse().unwrap();
                prop_assert_eq!(*number, plain);
            }
            _ => prop_assert!(!bad.is_empty()),
        }
    }
}
