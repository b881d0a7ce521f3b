//! Criteria of a segment as they are sent and stored.

pub mod attributes;

use std::str::FromStr;

use keynode_kit::name::NameError;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::segment_criterion::{
    AnyOf, Condition, MoneyRange, NumberRange, OneOfNames,
};
use keynode_proto::accounts::v1::{AccountKind, AccountLevel, AttributeValue, CustomerClass};
use keynode_proto::google::r#type::Money;
use prost::Message as _;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::rule::{Criterion, Range};
use crate::attribute::values;
use crate::folded::folded;
use crate::ids::{AccountId, PersonId, TeamId};

const MAX_CRITERIA: usize = 20;
const MAX_VALUES: usize = 100;
/// Numbers of an enumeration that one condition names at most.
const MAX_NUMBERS: usize = 10;

/// Reads what a caller sent, noting everything that is wrong with it.
pub fn read(field: &str, sent: &[proto::SegmentCriterion], bad: &mut Violations) -> Vec<Criterion> {
    if sent.is_empty() || sent.len() > MAX_CRITERIA {
        bad.add(field, format!("must be 1 to {MAX_CRITERIA} criteria"));
    }
    let read_one = |(n, criterion): (usize, &proto::SegmentCriterion)| {
        one(&format!("{field}[{n}]"), criterion, bad)
    };
    sent.iter().enumerate().map(read_one).collect()
}

/// The bytes of criteria for the database.
pub fn encode(criteria: &[proto::SegmentCriterion]) -> Vec<u8> {
    let carrier = proto::Segment {
        criteria: criteria.to_vec(),
        ..Default::default()
    };
    carrier.encode_to_vec()
}

/// The message out of the bytes of [`encode`].
pub fn decode(bytes: &[u8]) -> Vec<proto::SegmentCriterion> {
    proto::Segment::decode(bytes)
        .map(|carrier| carrier.criteria)
        .unwrap_or_default()
}

/// The conditions out of the bytes of [`encode`]. One that cannot be read here is kept:
/// without it accounts would become members that are none.
pub fn stored(bytes: &[u8]) -> Vec<Criterion> {
    match proto::Segment::decode(bytes) {
        Ok(carrier) => read("", &carrier.criteria, &mut Violations::default()),
        Err(_) => vec![Criterion::Foreign],
    }
}

fn one(field: &str, sent: &proto::SegmentCriterion, bad: &mut Violations) -> Criterion {
    let Some(condition) = &sent.condition else {
        bad.add(field, "must say what is asked of the account");
        return Criterion::Foreign;
    };
    let at = |name: &str| format!("{field}.{name}");
    match condition {
        Condition::Industry(any) => Criterion::Industry(words(&at("industry"), any, bad)),
        Condition::Location(any) => Criterion::Location(words(&at("location"), any, bad)),
        Condition::AnnualRevenue(range) => money(&at("annual_revenue"), range, bad),
        Condition::EmployeeCount(range) => {
            Criterion::Employees(number(&at("employee_count"), range, bad))
        }
        Condition::FoundedYear(range) => {
            Criterion::Founded(number(&at("founded_year"), range, bad))
        }
        Condition::Owner(any) => {
            Criterion::Owner(names(&at("owner"), any, |id: PersonId| id.0, bad))
        }
        Condition::Team(any) => Criterion::Team(names(&at("team"), any, |id: TeamId| id.0, bad)),
        Condition::Within(any) => {
            Criterion::Within(names(&at("within"), any, |id: AccountId| id.0, bad))
        }
        Condition::Kind(any) => {
            Criterion::Kind(numbers::<AccountKind>(&at("kind.kinds"), &any.kinds, bad))
        }
        Condition::Region(any) => Criterion::Region(words(&at("region"), any, bad)),
        Condition::Tag(any) => Criterion::Tag(words(&at("tag"), any, bad)),
        Condition::Level(any) => Criterion::Level(numbers::<AccountLevel>(
            &at("level.levels"),
            &any.levels,
            bad,
        )),
        Condition::Attribute(value) => attribute(&at("attribute"), value, bad),
        Condition::CustomerClass(any) => {
            let field = at("customer_class.classes");
            Criterion::Class(numbers::<CustomerClass>(&field, &any.classes, bad))
        }
    }
}

fn words(field: &str, any: &AnyOf, bad: &mut Violations) -> Vec<String> {
    check_count(field, any.values.len(), bad);
    let read_one = |(n, word): (usize, &String)| {
        folded(&bad.required_text(&format!("{field}.values[{n}]"), word, 200))
    };
    any.values.iter().enumerate().map(read_one).collect()
}

fn names<Id>(
    field: &str,
    any: &OneOfNames,
    id_of: fn(Id) -> Uuid,
    bad: &mut Violations,
) -> Vec<Uuid>
where
    Id: FromStr<Err = NameError> + From<Uuid>,
{
    check_count(field, any.names.len(), bad);
    let read_one =
        |(n, name): (usize, &String)| id_of(bad.name(&format!("{field}.names[{n}]"), name));
    any.names.iter().enumerate().map(read_one).collect()
}

fn numbers<E>(field: &str, sent: &[i32], bad: &mut Violations) -> Vec<E>
where
    E: TryFrom<i32> + Default + PartialEq,
{
    if !(1..=MAX_NUMBERS).contains(&sent.len()) {
        bad.add(field, format!("must name 1 to {MAX_NUMBERS}"));
    }
    let read_one =
        |(n, number): (usize, &i32)| bad.required_enum(&format!("{field}[{n}]"), *number);
    sent.iter().enumerate().map(read_one).collect()
}

/// Whether the tenant declares the attribute so is not known here: see [`attributes`].
fn attribute(field: &str, sent: &AttributeValue, bad: &mut Violations) -> Criterion {
    match values::read_one(field, sent, bad) {
        Some((id, value)) => Criterion::Attribute(id, value),
        None => Criterion::Foreign,
    }
}

fn check_count(field: &str, count: usize, bad: &mut Violations) {
    if !(1..=MAX_VALUES).contains(&count) {
        bad.add(field, format!("must name 1 to {MAX_VALUES}"));
    }
}

fn number(field: &str, range: &NumberRange, bad: &mut Violations) -> Range {
    check_bounds(field, range.min, range.max, bad);
    Range {
        min: range.min,
        max: range.max,
    }
}

fn money(field: &str, range: &MoneyRange, bad: &mut Violations) -> Criterion {
    let mut bound = |name: &str, sent: Option<&Money>| match wire::read_money(sent?) {
        Ok((currency, amount)) if amount >= Decimal::ZERO => Some((currency, amount)),
        Ok(_) => {
            bad.add(format!("{field}.{name}"), "must not be negative");
            None
        }
        Err(error) => {
            bad.add(format!("{field}.{name}"), error.to_string());
            None
        }
    };
    let (min, max) = (
        bound("min", range.min.as_ref()),
        bound("max", range.max.as_ref()),
    );
    if let (Some((one, _)), Some((other, _))) = (&min, &max)
        && one != other
    {
        bad.add(field, "both bounds must be of one currency");
    }
    let amount = |bound: &Option<(String, Decimal)>| bound.as_ref().map(|(_, amount)| *amount);
    let is_said = |bound: &Option<Money>| bound.is_some();
    if is_said(&range.min) == min.is_some() && is_said(&range.max) == max.is_some() {
        check_bounds(field, amount(&min), amount(&max), bad);
    }
    let (min_amount, max_amount) = (amount(&min), amount(&max));
    let currency = min.or(max).map(|(currency, _)| currency);
    Criterion::Revenue {
        currency: currency.unwrap_or_default(),
        min: min_amount,
        max: max_amount,
    }
}

fn check_bounds<T: PartialOrd>(field: &str, min: Option<T>, max: Option<T>, bad: &mut Violations) {
    match (min, max) {
        (None, None) => bad.add(field, "must have a bound"),
        (Some(min), Some(max)) if min > max => bad.add(field, "min must not exceed max"),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
