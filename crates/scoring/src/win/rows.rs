//! Rows of a request as the learner takes them.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::scoring::v1::factor_observation::Value as WireValue;
use keynode_proto::scoring::v1::{FactorObservation, LabelledRow, ScoringRow, WinOutcome};

use crate::learn::{Observation, Row, Value};

/// Rows in one training or measurement.
pub(super) const MAX_ROWS: usize = 50_000;
/// Values of one row.
pub(super) const MAX_VALUES: usize = 400;
/// Factors in one training.
pub(super) const MAX_FACTORS: usize = 200;
const MAX_KEY: usize = 200;
const MAX_FACTOR: usize = 100;
const MAX_TEXT: usize = 200;
/// So many bad rows are named; whoever sends more learns of the others next time.
const NAMED: usize = 100;

/// Reads rows with their outcome; every bad field is noted, of the first bad rows.
pub(super) fn labelled(bad: &mut Violations, rows: &[LabelledRow]) -> Vec<Row> {
    if rows.len() > MAX_ROWS {
        bad.add(
            "rows",
            format!("must be at most {MAX_ROWS}, are {}", rows.len()),
        );
        return Vec::new();
    }
    let mut keys = HashSet::new();
    let mut factors: HashSet<&str> = HashSet::new();
    let (mut read, mut bad_rows) = (Vec::with_capacity(rows.len()), 0);
    for (index, row) in rows.iter().enumerate() {
        let mut of_row = Violations::default();
        let field = format!("rows[{index}]");
        read.push(labelled_row(&mut of_row, &field, row));
        if !keys.insert(row.key.trim()) {
            of_row.add(format!("{field}.key"), "must be unique among the rows");
        }
        factors.extend(row.values.iter().map(|value| value.factor.trim()));
        if !of_row.is_empty() {
            bad_rows += 1;
            bad.append(of_row);
        }
        if bad_rows == NAMED {
            break;
        }
    }
    if factors.len() > MAX_FACTORS {
        let why = format!(
            "must name at most {MAX_FACTORS} factors in all, name {}",
            factors.len()
        );
        bad.add("rows", why);
    }
    read
}

fn labelled_row(bad: &mut Violations, field: &str, row: &LabelledRow) -> Row {
    let key = bad.name_text(&format!("{field}.key"), &row.key, MAX_KEY);
    let outcome: WinOutcome = bad.required_enum(&format!("{field}.outcome"), row.outcome);
    let closed_at = bad.optional_timestamp(&format!("{field}.close_time"), row.close_time.as_ref());
    Row {
        key,
        observations: observations(bad, &format!("{field}.values"), &row.values),
        won: outcome == WinOutcome::Won,
        closed_at,
    }
}

/// Reads what is known of a deal to score.
pub(super) fn known(bad: &mut Violations, field: &str, row: &ScoringRow) -> Vec<Observation> {
    bad.line(&format!("{field}.key"), &row.key, MAX_KEY);
    observations(bad, &format!("{field}.values"), &row.values)
}

pub(super) fn observations(
    bad: &mut Violations,
    field: &str,
    values: &[FactorObservation],
) -> Vec<Observation> {
    if values.len() > MAX_VALUES {
        bad.add(
            field,
            format!("must be at most {MAX_VALUES}, are {}", values.len()),
        );
        return Vec::new();
    }
    let read = values.iter().enumerate();
    read.filter_map(|(index, value)| observation(bad, &format!("{field}[{index}]"), value))
        .collect()
}

/// Reads the name of a factor.
pub(super) fn factor(bad: &mut Violations, field: &str, name: &str) -> String {
    bad.name_text(field, name, MAX_FACTOR)
}

fn observation(
    bad: &mut Violations,
    field: &str,
    given: &FactorObservation,
) -> Option<Observation> {
    let factor = factor(bad, &format!("{field}.factor"), &given.factor);
    let set_at = bad.optional_timestamp(&format!("{field}.set_time"), given.set_time.as_ref());
    let value = value(bad, field, given.value.as_ref())?;
    Some(Observation {
        factor,
        value,
        set_at,
    })
}

fn value(bad: &mut Violations, field: &str, value: Option<&WireValue>) -> Option<Value> {
    match value {
        None => bad.add(field, "must have a value; leave out what is missing"),
        Some(WireValue::NumberValue(number)) if number.is_finite() => {
            return Some(Value::Number(*number));
        }
        Some(WireValue::NumberValue(_)) => {
            bad.add(format!("{field}.number_value"), "must be a finite number");
        }
        Some(WireValue::TextValue(text)) => {
            let text = bad.name_text(&format!("{field}.text_value"), text, MAX_TEXT);
            return Some(Value::Category(text));
        }
        Some(WireValue::DateValue(day)) => match wire::read_date(day) {
            Ok(day) => return Some(Value::Date(day)),
            Err(_) => bad.add(format!("{field}.date_value"), "must be a day"),
        },
        Some(WireValue::FlagValue(flag)) => return Some(Value::Flag(*flag)),
    }
    None
}

/// A value as it is told.
pub(super) fn to_wire(factor: &str, value: Option<&Value>) -> FactorObservation {
    let value = value.map(|value| match value {
        Value::Number(number) => WireValue::NumberValue(*number),
        Value::Category(text) => WireValue::TextValue(text.clone()),
        Value::Date(day) => WireValue::DateValue(wire::date(*day)),
        Value::Flag(flag) => WireValue::FlagValue(*flag),
    });
    FactorObservation {
        factor: factor.to_owned(),
        value,
        set_time: None,
    }
}
