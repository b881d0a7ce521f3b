//! Checks of a request that report every bad field at once.

use std::str::FromStr;

use jiff::civil::{Date, date};
use keynode_proto::common::v1::{ErrorReason, ExternalKey};
use tonic::Code;
use uuid::Uuid;

use crate::error::Fault;
use crate::name::NameError;
use crate::{visible, wire};

/// The first day of which anything is told but an organisation's own past.
pub const FIRST_DAY: Date = date(1900, 1, 1);
/// The last day for which anything is planned.
pub const LAST_DAY: Date = date(2199, 12, 31);

/// Bad fields found so far. A check returns a usable value even for a bad field, so that
/// the next one can be checked; [`Violations::finish`] then refuses the request.
#[derive(Debug, Default)]
pub struct Violations(Vec<(String, String)>);

impl Violations {
    /// Notes that a field is bad and why.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push((field.into(), description.into()));
    }

    /// Notes everything that was found apart.
    pub fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// `INVALID_REQUEST` with every bad field, if there is one.
    pub fn finish(self) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self.0.iter().map(|(field, _)| field.as_str()).collect();
        let message = format!("the request has bad fields: {}", names.join(", "));
        let fault = Fault::new(
            Code::InvalidArgument,
            ErrorReason::InvalidRequest.as_str_name(),
            message,
        )
        .zh(format!("请求参数有误:{}", names.join("、")));
        Err(self
            .0
            .into_iter()
            .fold(fault, |fault, (field, why)| fault.field(field, why)))
    }

    /// A text of at most `max` characters, without surrounding blanks.
    pub fn text(&mut self, field: &str, value: &str, max: usize) -> String {
        let value = value.trim();
        if value.chars().count() > max {
            self.add(field, format!("must have at most {max} characters"));
        }
        if value.contains('\0') {
            self.add(field, "must not contain a NUL character");
        }
        value.to_owned()
    }

    /// The same, with something to see: blanks and invisible characters are no text.
    pub fn required_text(&mut self, field: &str, value: &str, max: usize) -> String {
        let text = self.text(field, value, max);
        self.require(field, &text);
        text
    }

    /// A name, a key or nothing: one line, because lists and messages show it, with
    /// something to see if it is not empty, and without what cannot be seen, because two
    /// that look alike would be two.
    pub fn line(&mut self, field: &str, value: &str, max: usize) -> String {
        let text = self.text(field, value, max);
        if !text.is_empty() {
            self.require(field, &text);
        }
        if !visible::is_one_line(&text) {
            self.add(field, "must be one line without control characters");
        }
        if let Some(hidden) = visible::hidden(&text) {
            let code = u32::from(hidden);
            self.add(
                field,
                format!("must not contain the invisible character U+{code:04X}"),
            );
        }
        text
    }

    /// The same, and not empty.
    pub fn name_text(&mut self, field: &str, value: &str, max: usize) -> String {
        let text = self.line(field, value, max);
        if text.is_empty() {
            self.require(field, &text);
        }
        text
    }

    fn require(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            self.add(field, "must not be empty");
        } else if !visible::has_visible(text) {
            self.add(field, "must have a character that can be seen");
        }
    }

    /// A moment or nothing.
    pub fn optional_timestamp(
        &mut self,
        field: &str,
        value: Option<&prost_types::Timestamp>,
    ) -> Option<jiff::Timestamp> {
        let read = wire::read_timestamp(value?);
        if read.is_err() {
            self.add(field, "must be a moment of the years 1 to 9999");
        }
        read.ok()
    }

    /// A resource name.
    pub fn name<T: FromStr<Err = NameError> + From<Uuid>>(
        &mut self,
        field: &str,
        value: &str,
    ) -> T {
        value.parse().unwrap_or_else(|error: NameError| {
            self.add(field, error.to_string());
            T::from(Uuid::nil())
        })
    }

    /// A resource name or nothing.
    pub fn optional_name<T: FromStr<Err = NameError> + From<Uuid>>(
        &mut self,
        field: &str,
        value: &str,
    ) -> Option<T> {
        if value.is_empty() {
            None
        } else {
            Some(self.name(field, value))
        }
    }

    /// An enum value that this release knows and that is not "unspecified".
    pub fn required_enum<T: TryFrom<i32> + Default>(&mut self, field: &str, value: i32) -> T {
        if value == 0 {
            self.add(field, "must be specified");
        }
        self.optional_enum(field, value)
    }

    /// An enum value that this release knows.
    pub fn optional_enum<T: TryFrom<i32> + Default>(&mut self, field: &str, value: i32) -> T {
        T::try_from(value).unwrap_or_else(|_| {
            self.add(field, format!("{value} is no value of this enum"));
            T::default()
        })
    }

    /// A whole number within bounds.
    pub fn range(&mut self, field: &str, value: i64, bounds: std::ops::RangeInclusive<i64>) -> i64 {
        if !bounds.contains(&value) {
            self.add(
                field,
                format!("must be {} to {}", bounds.start(), bounds.end()),
            );
        }
        value
    }

    /// How many rows a page has at most, as [`crate::page::Page::open`] takes it.
    pub fn page_size(&mut self, size: i32) {
        if size < 0 {
            self.add("page_size", "must not be negative; 0 means the default");
        }
    }

    /// A day of the calendar or nothing.
    pub fn date(
        &mut self,
        field: &str,
        value: Option<keynode_proto::google::r#type::Date>,
    ) -> Option<Date> {
        let date = wire::read_date(&value?).ok();
        if date.is_none() {
            self.add(field, "must be a day of the calendar, year 1 to 9999");
        }
        date
    }

    /// The same of a day on which something was so or is to be: in the years 1900 to 2199.
    pub fn day(
        &mut self,
        field: &str,
        value: Option<keynode_proto::google::r#type::Date>,
    ) -> Option<Date> {
        let day = self.date(field, value)?;
        if day < FIRST_DAY {
            self.add(field, format!("must not be before {FIRST_DAY}"));
        }
        if day > LAST_DAY {
            self.add(field, format!("must not be after {LAST_DAY}"));
        }
        Some(day)
    }

    /// A key in another system, or nothing when the message is unset.
    pub fn external_key(
        &mut self,
        field: &str,
        value: Option<&ExternalKey>,
    ) -> Option<(String, String)> {
        let value = value?;
        let system = self.name_text(&format!("{field}.source_system"), &value.source_system, 64);
        let id = self.name_text(&format!("{field}.external_id"), &value.external_id, 256);
        Some((system, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::resource_id!(DealId, "deals");

    #[test]
    fn every_bad_field_is_named_at_once() {
        let mut bad = Violations::default();
        bad.required_text("display_name", "  ", 10);
        bad.text("note", &"长".repeat(11), 10);
        let _: DealId = bad.name("name", "accounts/1");
        bad.range("weight", 101, 0..=100);
        let fault = bad.finish().unwrap_err();
        let fields: Vec<&str> = fault.fields().map(|(field, _)| field).collect();
        assert_eq!(fields, ["display_name", "note", "name", "weight"]);
    }

    /// Whether a name, and whether a longer text, may be this.
    fn taken(text: &str) -> (bool, bool) {
        let (mut name, mut note) = (Violations::default(), Violations::default());
        name.name_text("display_name", text, 200);
        note.required_text("note", text, 200);
        (name.is_empty(), note.is_empty())
    }

    #[test]
    fn what_cannot_be_seen_is_no_text() {
        for text in [
            "\u{200b}",
            "\u{feff}",
            "\u{2060}\u{200e}",
            "\u{301}",
            "\u{3164}",
        ] {
            assert_eq!(taken(text), (false, false), "{text:?}");
        }
    }

    #[test]
    fn names_are_one_line_and_longer_texts_may_have_many() {
        for text in [
            "宁夏\n化工",
            "a\tb",
            "a\u{2028}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{7}b",
        ] {
            assert_eq!(taken(text), (false, true), "{text:?}");
        }
        for text in [
            "宁夏化工(集团)",
            "O\u{308}mer",
            "שלום",
            "葛\u{e0100}城",
            "𠮷野家",
        ] {
            assert_eq!(taken(text), (true, true), "{text:?}");
        }
    }

    #[test]
    fn a_character_that_nobody_sees_is_named() {
        let hidden = [
            "\u{200b}", "\u{200d}", "\u{200f}", "\u{202e}", "\u{2064}", "\u{feff}",
        ];
        for c in hidden {
            for text in [format!("宏{c}远"), format!("{c}宏远"), format!("宏远{c}")] {
                assert_eq!(taken(&text), (false, true), "{text:?}");
            }
        }
        let mut bad = Violations::default();
        let key = ExternalKey {
            source_system: "s\u{feff}ap".to_owned(),
            external_id: "1\u{200b}".to_owned(),
        };
        bad.external_key("key", Some(&key));
        let fault = bad.finish().unwrap_err();
        let told: Vec<_> = fault.fields().collect();
        let of = |code: &str| format!("must not contain the invisible character {code}");
        let (system, id) = (of("U+FEFF"), of("U+200B"));
        assert_eq!(
            told,
            [
                ("key.source_system", system.as_str()),
                ("key.external_id", id.as_str())
            ]
        );
    }

    #[test]
    fn an_unknown_enum_value_is_bad() {
        let mut bad = Violations::default();
        let _: ErrorReason = bad.optional_enum("reason", 9999);
        assert!(!bad.is_empty());
    }

    #[test]
    fn a_day_lies_in_the_years_1900_to_2199() {
        let is_good = |year: i32, month: i32, day: i32| {
            let sent = keynode_proto::google::r#type::Date { year, month, day };
            let mut bad = Violations::default();
            bad.day("day", Some(sent));
            bad.is_empty()
        };
        assert!(is_good(1900, 1, 1) && is_good(2199, 12, 31));
        assert!(!is_good(1899, 12, 31) && !is_good(2200, 1, 1));
        assert!(!is_good(1, 1, 1) && !is_good(9999, 12, 31));
    }

    #[test]
    fn the_thirtieth_of_february_is_no_date() {
        let mut bad = Violations::default();
        let date = keynode_proto::google::r#type::Date {
            year: 2026,
            month: 2,
            day: 30,
        };
        assert_eq!(bad.date("date", Some(date)), None);
        assert_eq!(bad.finish().unwrap_err().reason(), "INVALID_REQUEST");
    }
}
