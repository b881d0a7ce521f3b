//! Values that no field should hold, by the type of the field.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::contract::is_compound;
use super::sample::message;

const TEXTS: [&str; 12] = [
    "\0",
    "a\0b",
    "\u{1}\u{8}\u{7f}\u{85}\u{ffff}",
    "\\ud800\\udc00",
    "\u{202e}cba\u{200b}\u{feff}",
    " ",
    "x'); drop table accounts.account; --",
    "accounts/../../teams",
    "accounts/00000000-0000-0000-0000-000000000000",
    "-1",
    "1e999999999",
    "99999999999999999999999999999999.5",
];
/// The first and the last of each range of characters without width or of direction.
const HIDDEN: [char; 9] = [
    '\u{ad}', '\u{200b}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2064}', '\u{2066}',
    '\u{feff}',
];
/// Fields with names and keys, which are compared and shown.
const SEEN_WHOLE: [&str; 15] = [
    "account_external_id",
    "aliases",
    "display_name",
    "external_id",
    "legal_name",
    "lead_external_id",
    "login",
    "manager_external_id",
    "organisation",
    "parent_external_id",
    "person_external_id",
    "source_system",
    "tags",
    "team_external_id",
    "sync_run",
];
const UNTOLD: [&str; 8] = [
    "choice",
    "etag",
    "line",
    "max",
    "min",
    "page_size",
    "reference",
    "request_id",
];
const DATES: [(i32, i32, i32); 7] = [
    (0, 0, 0),
    (0, 1, 1),
    (9999, 99, 99),
    (9999, 12, 31),
    (1800, 1, 1),
    (3000, 1, 1),
    (i32::MAX, i32::MIN, -1),
];
/// The largest sum that the wire can say: nobody owns it, but somebody may write it.
const LARGEST: (&str, i64, i32) = ("CNY", i64::MAX, 999_999_999);
const SUMS: [(&str, i64, i32); 9] = [
    ("CNY", -1, 0),
    ("CNY", 1, -1),
    ("CNY", -1, 1),
    ("CNY", 0, i32::MIN),
    LARGEST,
    ("CNY", i64::MIN, -999_999_999),
    ("cny", 1, 0),
    ("人民币", 1, 0),
    ("ZZZ\0", 1, 0),
];
const TIMES: [(i64, i32); 4] = [
    (i64::MAX, 0),
    (i64::MIN, 0),
    (0, -1),
    (253_402_300_799, 999_999_999),
];

pub fn values(field: &FieldDescriptor) -> Vec<Value> {
    match field.kind() {
        Kind::String => TEXTS.map(|text| Value::String(text.to_owned())).into(),
        Kind::Int32 => [i32::MIN, -1, i32::MAX].map(Value::I32).into(),
        Kind::Int64 => [i64::MIN, -1, i64::MAX].map(Value::I64).into(),
        Kind::Double => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e308]
            .map(Value::F64)
            .into(),
        Kind::Enum(_) => [i32::MIN, -1, 999].map(Value::EnumNumber).into(),
        Kind::Message(of) if !is_compound(&of) => messages(&of),
        _ => Vec::new(),
    }
}

/// Those of them that no field of a mutation takes.
pub fn absurd(field: &FieldDescriptor) -> Vec<Value> {
    let mut values = values(field);
    match field.kind() {
        // Whatever is asked of an etag, it is another one; larger pages are cut; bounds of
        // what is looked for, and the lines of a file, may be anywhere. A choice or a
        // reference is first of all no text, as these attributes are.
        _ if UNTOLD.contains(&field.name()) || field.name().ends_with("_etag") => {
            return Vec::new();
        }
        Kind::String => return texts(field.name()),
        Kind::Int32 => values = numbers(field.name()),
        Kind::Int64 => values.retain(|value| *value != Value::I64(-1)),
        Kind::Message(of) if of.full_name() == "google.type.Money" => {
            let largest = money(&of, LARGEST);
            values.retain(|value| *value != largest);
        }
        // Organisations were called something before 1900.
        Kind::Message(of) if ["since", "until"].contains(&field.name()) => {
            values.retain(|value| *value != date(&of, (1800, 1, 1)));
            values.push(date(&of, (999, 12, 31)));
        }
        _ => {}
    }
    values
}

/// Shares are per cent; nothing was founded before 1000 or in a year to come.
fn numbers(field: &str) -> Vec<Value> {
    let is_share = ["weight", "strength", "rating", "percent"]
        .iter()
        .any(|share| field.ends_with(share));
    let further = match field {
        "founded_year" => vec![-1, 0, 999, 3000],
        _ if is_share => vec![-1, 101],
        _ => Vec::new(),
    };
    let numbers = [i32::MIN, i32::MAX].into_iter().chain(further);
    numbers.map(Value::I32).collect()
}

/// Nothing is stored with a NUL; names and keys have no character that nobody sees.
fn texts(field: &str) -> Vec<Value> {
    let mut texts = vec!["\0".to_owned(), "a\0b".to_owned()];
    if SEEN_WHOLE.contains(&field) {
        texts.extend(HIDDEN.map(|hidden| format!("宏{hidden}远")));
    }
    texts.into_iter().map(Value::String).collect()
}

fn date(of: &MessageDescriptor, (year, month, day): (i32, i32, i32)) -> Value {
    message(
        of.clone(),
        &[("year", year), ("month", month), ("day", day)],
    )
}

fn messages(of: &MessageDescriptor) -> Vec<Value> {
    match of.full_name() {
        "google.type.Date" => DATES.map(|day| date(of, day)).into(),
        "google.type.Money" => SUMS.map(|sum| money(of, sum)).into(),
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => TIMES
            .map(|(seconds, nanos)| time(of, seconds, nanos))
            .into(),
        "google.protobuf.FieldMask" => ["", "*", "no_such_field", "create_time", "\0"]
            .map(|path| mask(of, path))
            .into(),
        _ => Vec::new(),
    }
}

fn money(of: &MessageDescriptor, (currency, units, nanos): (&str, i64, i32)) -> Value {
    let mut money = DynamicMessage::new(of.clone());
    money.set_field_by_name("currency_code", Value::String(currency.to_owned()));
    money.set_field_by_name("units", Value::I64(units));
    money.set_field_by_name("nanos", Value::I32(nanos));
    Value::Message(money)
}

fn time(of: &MessageDescriptor, seconds: i64, nanos: i32) -> Value {
    let mut time = DynamicMessage::new(of.clone());
    time.set_field_by_name("seconds", Value::I64(seconds));
    time.set_field_by_name("nanos", Value::I32(nanos));
    Value::Message(time)
}

pub fn mask(of: &MessageDescriptor, path: &str) -> Value {
    let mut mask = DynamicMessage::new(of.clone());
    let path = Value::String(path.to_owned());
    mask.set_field_by_name("paths", Value::List(vec![path]));
    Value::Message(mask)
}
