//! Values of attributes, and whether a declaration takes them.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::attribute_value::Value as Sent;
use keynode_proto::accounts::v1::{AttributeReferenceKind, AttributeType};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Attribute, MAX_TEXT};
use crate::amount::{Amount, decimal_text};
use crate::day;
use crate::ids::{AccountId, ContactId, PersonId};

/// Texts of more characters are not found by their value.
const MAX_FOUND: usize = 200;
const MAX_WHOLE_DIGITS: usize = 18;
const MAX_FRACTION_DIGITS: usize = 9;

/// The value of an attribute, as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    Text(String),
    Number(#[serde(with = "decimal_text")] Decimal),
    Money(Amount),
    Date(Date),
    /// The id of an option.
    Choice(String),
    /// A resource name.
    Reference(String),
}

impl Value {
    /// What a caller sends, whatever the attribute declares.
    pub fn read(field: &str, sent: &Sent, bad: &mut Violations) -> Option<Self> {
        match sent {
            Sent::Text(text) => {
                let text = bad.required_text(&format!("{field}.text"), text, MAX_TEXT);
                Some(Self::Text(text))
            }
            Sent::Number(text) => {
                let number = parse_number(text);
                if number.is_none() {
                    bad.add(
                        format!("{field}.number"),
                        "must be decimal digits with an optional sign and point, at most 18 before and 9 after it",
                    );
                }
                number.map(Self::Number)
            }
            Sent::Money(money) => {
                Amount::read_unsigned(&format!("{field}.money"), Some(money), bad).map(Self::Money)
            }
            Sent::Date(date) => {
                day::planned(&format!("{field}.date"), Some(*date), bad).map(Self::Date)
            }
            Sent::Choice(id) => Some(Self::Choice(id.clone())),
            Sent::Reference(name) => Some(Self::Reference(name.clone())),
        }
    }

    pub fn to_proto(&self) -> Option<Sent> {
        Some(match self {
            Self::Text(text) => Sent::Text(text.clone()),
            Self::Number(number) => Sent::Number(number.to_string()),
            Self::Money(amount) => Sent::Money(amount.to_proto()?),
            Self::Date(date) => Sent::Date(wire::date(*date)),
            Self::Choice(id) => Sent::Choice(id.clone()),
            Self::Reference(name) => Sent::Reference(name.clone()),
        })
    }

    fn attribute_type(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Money(_) => AttributeType::Money,
            Self::Date(_) => AttributeType::Date,
            Self::Choice(_) => AttributeType::Choice,
            Self::Reference(_) => AttributeType::Reference,
        }
    }

    /// The value in one line, equal for equal values; none for a text too long to be found.
    pub fn term(&self) -> Option<String> {
        match self {
            Self::Text(text) if text.chars().count() > MAX_FOUND => None,
            Self::Text(text) | Self::Choice(text) | Self::Reference(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Money(sum) => Some(format!("{} {}", sum.currency, sum.amount)),
            Self::Date(date) => Some(date.to_string()),
        }
    }

    /// Refuses a value of another type than the declared one; answers whether it passed.
    pub fn check_type(&self, field: &str, declared: &Attribute, bad: &mut Violations) -> bool {
        let is_same = i32::from(self.attribute_type()) == declared.r#type;
        if !is_same {
            let wanted = AttributeType::try_from(declared.r#type).unwrap_or_default();
            let wanted = wanted.as_str_name().trim_start_matches("ATTRIBUTE_TYPE_");
            bad.add(field, format!("must be a value of type {wanted}"));
        }
        is_same
    }

    /// Refuses what the declaration does not take. Whether a record that is referred to is
    /// there is not known here.
    pub fn check(&self, field: &str, declared: &Attribute, bad: &mut Violations) {
        if declared.archived {
            bad.add(
                format!("{field}.attribute"),
                "must not be an archived attribute",
            );
        }
        if !self.check_type(field, declared, bad) {
            return;
        }
        match self {
            Self::Text(text) if text.chars().count() > declared.longest_text() => {
                let why = format!("must have at most {} characters", declared.longest_text());
                bad.add(format!("{field}.text"), why);
            }
            Self::Choice(id) => check_choice(field, id, declared, bad),
            Self::Reference(name) => check_reference(field, name, declared, bad),
            _ => {}
        }
    }
}

fn check_choice(field: &str, id: &str, declared: &Attribute, bad: &mut Violations) {
    let is_open = |option: &super::Choice| option.id == id && !option.archived;
    if !declared.options.iter().any(is_open) {
        let why = format!("must be an option of {} that is not archived", declared.id);
        bad.add(format!("{field}.choice"), why);
    }
}

fn check_reference(field: &str, name: &str, declared: &Attribute, bad: &mut Violations) {
    let kind = AttributeReferenceKind::try_from(declared.reference_kind).unwrap_or_default();
    let error = match kind {
        AttributeReferenceKind::Account => name.parse::<AccountId>().err(),
        AttributeReferenceKind::Contact => name.parse::<ContactId>().err(),
        AttributeReferenceKind::Person => name.parse::<PersonId>().err(),
        AttributeReferenceKind::Unspecified => None,
    };
    if let Some(error) = error {
        bad.add(format!("{field}.reference"), error.to_string());
    }
}

/// A decimal number without needless zeros; the parser of the library takes more.
fn parse_number(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_digits(whole, MAX_WHOLE_DIGITS) || !is_digits(fraction, MAX_FRACTION_DIGITS) {
        return None;
    }
    let number: Decimal = text.trim_start_matches('+').parse().ok()?;
    match number.is_zero() {
        true => Some(Decimal::ZERO),
        false => Some(number.normalize()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_digits_and_nothing_else() {
        for (text, read) in [
            ("-12.50", "-12.5"),
            ("+7", "7"),
            ("007", "7"),
            ("-0.0", "0"),
            (
                "999999999999999999.999999999",
                "999999999999999999.999999999",
            ),
        ] {
            assert_eq!(parse_number(text).unwrap().to_string(), read, "{text}");
        }
        for bad in [
            "",
            "-",
            ".5",
            "5.",
            "1_000",
            "1e3",
            "١",
            " 1",
            "--1",
            "0.0000000001",
            "1000000000000000000",
        ] {
            assert_eq!(parse_number(bad), None, "{bad}");
        }
    }
}
