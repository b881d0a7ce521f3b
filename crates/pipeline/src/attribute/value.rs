//! Values of attributes, and whether a declaration takes them.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::attribute_value::Value as Sent;
use keynode_proto::pipeline::v1::{AttributeReferenceKind, AttributeType};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::MAX_TEXT;
use crate::ids::{AccountId, ContactId, PersonId};
use crate::money::{self, SUM};
use crate::number;

/// Texts of more characters are not found by their value.
pub const MAX_FOUND: usize = 200;
const MAX_WHOLE_DIGITS: usize = 18;
const MAX_FRACTION_DIGITS: usize = 9;
/// Of the largest sum that the wire can say, too.
const WHOLE_PLACES: usize = 19;

/// The value of an attribute. In the database as it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    Text(String),
    Number(#[serde(with = "number::text")] Decimal),
    /// The currency in ISO 4217.
    Money {
        currency: String,
        #[serde(with = "number::text")]
        amount: Decimal,
    },
    Date(Date),
    /// The id of an option.
    Choice(String),
    /// A resource name.
    Reference(String),
}

impl Value {
    /// What a caller sends, whatever the attribute declares.
    pub fn read(bad: &mut Violations, field: &str, sent: &Sent) -> Option<Self> {
        match sent {
            Sent::Text(text) => {
                let text = bad.required_text(&format!("{field}.text"), text, MAX_TEXT);
                Some(Self::Text(text))
            }
            Sent::Number(text) => {
                let number = number::parse(text, MAX_WHOLE_DIGITS, MAX_FRACTION_DIGITS);
                if number.is_none() {
                    let why = "must be decimal digits with an optional sign and point, at most 18 before and 9 after it";
                    bad.add(format!("{field}.number"), why);
                }
                number.map(Self::Number)
            }
            Sent::Money(sum) => {
                let sum = money::amount(bad, &format!("{field}.money"), Some(sum), SUM)?;
                Some(Self::Money {
                    currency: sum.currency,
                    amount: sum.value,
                })
            }
            Sent::Date(date) => bad
                .day(&format!("{field}.date"), Some(*date))
                .map(Self::Date),
            Sent::Choice(id) => Some(Self::Choice(id.clone())),
            Sent::Reference(name) => Some(Self::Reference(name.clone())),
        }
    }

    /// The value for the wire; none only for a stored sum that the wire cannot say.
    pub fn to_proto(&self) -> Option<Sent> {
        Some(match self {
            Self::Text(text) => Sent::Text(text.clone()),
            Self::Number(number) => Sent::Number(number.to_string()),
            Self::Money { currency, amount } => Sent::Money(wire::money(currency, *amount).ok()?),
            Self::Date(date) => Sent::Date(wire::date(*date)),
            Self::Choice(id) => Sent::Choice(id.clone()),
            Self::Reference(name) => Sent::Reference(name.clone()),
        })
    }

    fn attribute_type(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Money { .. } => AttributeType::Money,
            Self::Date(_) => AttributeType::Date,
            Self::Choice(_) => AttributeType::Choice,
            Self::Reference(_) => AttributeType::Reference,
        }
    }

    /// Whether values of its type come one after the other.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Money { .. } | Self::Date(_))
    }

    /// The value in one line whose bytes come in the order of the values, so that the database
    /// compares them in an index; none for a text too long to be found.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Text(text) if text.chars().count() > MAX_FOUND => None,
            Self::Text(text) | Self::Choice(text) | Self::Reference(text) => Some(text.clone()),
            Self::Number(number) => Some(number_key(*number)),
            Self::Money { currency, amount } => Some(format!("{currency}{}", number_key(*amount))),
            Self::Date(date) => Some(date.to_string()),
        }
    }

    /// What the keys of values that it can be compared with begin with.
    pub fn kin(&self) -> &str {
        match self {
            Self::Money { currency, .. } => currency,
            _ => "",
        }
    }

    /// Refuses a value of another type than the declared one; answers whether it passed.
    pub fn check_type(
        &self,
        bad: &mut Violations,
        field: &str,
        declared: &proto::Attribute,
    ) -> bool {
        let is_same = self.attribute_type() == declared.r#type();
        if !is_same {
            let wanted = declared.r#type().as_str_name();
            let wanted = wanted.trim_start_matches("ATTRIBUTE_TYPE_");
            bad.add(field, format!("must be a value of type {wanted}"));
        }
        is_same
    }

    /// Refuses what the declaration does not take.
    pub fn check(&self, bad: &mut Violations, field: &str, declared: &proto::Attribute) {
        if declared.archived {
            let why = "must not be an archived attribute";
            bad.add(format!("{field}.attribute"), why);
        }
        if !self.check_type(bad, field, declared) {
            return;
        }
        match self {
            Self::Text(text) => check_text(bad, field, text, declared),
            Self::Choice(id) => check_choice(bad, field, id, declared),
            Self::Reference(name) => check_reference(bad, field, name, declared),
            Self::Number(_) | Self::Money { .. } | Self::Date(_) => {}
        }
    }
}

fn check_text(bad: &mut Violations, field: &str, text: &str, declared: &proto::Attribute) {
    let longest = match usize::try_from(declared.max_length) {
        Ok(length @ 1..) => length,
        _ => MAX_TEXT,
    };
    if text.chars().count() > longest {
        let why = format!("must have at most {longest} characters");
        bad.add(format!("{field}.text"), why);
    }
}

fn check_choice(bad: &mut Violations, field: &str, id: &str, declared: &proto::Attribute) {
    let is_open = |option: &proto::AttributeOption| option.id == id && !option.archived;
    if !declared.options.iter().any(is_open) {
        let why = "must be an option of the attribute that is not archived";
        bad.add(format!("{field}.choice"), why);
    }
}

fn check_reference(bad: &mut Violations, field: &str, name: &str, declared: &proto::Attribute) {
    let error = match declared.reference_kind() {
        AttributeReferenceKind::Account => name.parse::<AccountId>().err(),
        AttributeReferenceKind::Contact => name.parse::<ContactId>().err(),
        AttributeReferenceKind::Person => name.parse::<PersonId>().err(),
        AttributeReferenceKind::Unspecified => None,
    };
    if let Some(error) = error {
        bad.add(format!("{field}.reference"), error.to_string());
    }
}

/// A number as text whose bytes come in its order: a sign, then the same number of digits for
/// every number, complemented below zero.
fn number_key(number: Decimal) -> String {
    let places = WHOLE_PLACES + 1 + MAX_FRACTION_DIGITS;
    let digits = format!("{:0places$.MAX_FRACTION_DIGITS$}", number.abs());
    if number >= Decimal::ZERO {
        return format!("1{digits}");
    }
    let complement = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_digit(9 - digit, 10).unwrap_or(c),
        None => c,
    };
    format!("0{}", digits.chars().map(complement).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Decimal> {
        let whole = -999_999_999_999_999_999_i128..1_000_000_000_000_000_000;
        (whole, 0_u32..=9).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
    }

    proptest! {
        #[test]
        fn the_bytes_of_keys_come_in_the_order_of_numbers(a in number(), b in number()) {
            prop_assert_eq!(number_key(a).cmp(&number_key(b)), a.cmp(&b));
        }

        #[test]
        fn the_database_keeps_numbers_exactly(number in number()) {
            let text = serde_json::to_string(&Value::Number(number)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), Value::Number(number));
        }
    }

    #[test]
    fn the_largest_sums_have_keys_in_order_too() {
        let largest = Decimal::from(i64::MAX);
        assert!(number_key(largest) > number_key(largest - Decimal::new(1, 9)));
        assert!(number_key(Decimal::ZERO) > number_key(Decimal::new(-1, 9)));
        assert_eq!(number_key(largest).len(), number_key(Decimal::ZERO).len());
    }
}
