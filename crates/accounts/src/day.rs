//! The days that can be told: civil dates that are not absurd.

use jiff::civil::Date;
use keynode_kit::validate::{self, Violations};
use keynode_proto::google::r#type as wire_type;

use crate::founded;

/// The first day of which anything but an organisation's own past is told.
pub const FIRST: Date = validate::FIRST_DAY;

/// A day on which something was so: not before [`FIRST`], and not in the future; a day of
/// grace for the caller's time zone. `today` is the day of the call in UTC.
pub fn past(
    field: &str,
    sent: Option<wire_type::Date>,
    today: Date,
    bad: &mut Violations,
) -> Option<Date> {
    within(field, sent, FIRST, today, bad)
}

/// The same, and required.
pub fn required_past(
    field: &str,
    sent: Option<wire_type::Date>,
    today: Date,
    bad: &mut Violations,
) -> Date {
    if sent.is_none() {
        bad.add(field, "must be set");
    }
    past(field, sent, today, bad).unwrap_or(FIRST)
}

/// A day of the past of an organisation, which may be older than anything else told of it.
pub fn long_past(
    field: &str,
    sent: Option<wire_type::Date>,
    today: Date,
    bad: &mut Violations,
) -> Option<Date> {
    within(field, sent, founded::FIRST_DAY, today, bad)
}

/// A day on which something was so or is to be: in the years 1900 to 2199.
pub fn planned(field: &str, sent: Option<wire_type::Date>, bad: &mut Violations) -> Option<Date> {
    bad.day(field, sent)
}

fn within(
    field: &str,
    sent: Option<wire_type::Date>,
    first: Date,
    today: Date,
    bad: &mut Violations,
) -> Option<Date> {
    let day = bad.date(field, sent)?;
    not_before(field, day, first, bad);
    if day > today.tomorrow().unwrap_or(Date::MAX) {
        bad.add(field, "must not be in the future");
    }
    Some(day)
}

fn not_before(field: &str, day: Date, first: Date, bad: &mut Violations) {
    if day < first {
        bad.add(field, format!("must not be before {first}"));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    type Read = fn(Option<wire_type::Date>, &mut Violations);

    fn is_good(read: Read, (year, month, day): (i32, i32, i32)) -> bool {
        let mut bad = Violations::default();
        read(Some(wire_type::Date { year, month, day }), &mut bad);
        bad.is_empty()
    }

    #[test]
    fn what_happened_lies_between_1900_and_tomorrow() {
        let read: Read = |sent, bad| {
            past("day", sent, TODAY, bad);
        };
        for day in [(1900, 1, 1), (2026, 11, 24)] {
            assert!(is_good(read, day), "{day:?}");
        }
        for day in [
            (1899, 12, 31),
            (2026, 11, 25),
            (9999, 12, 31),
            (2025, 2, 30),
        ] {
            assert!(!is_good(read, day), "{day:?}");
        }
    }

    #[test]
    fn organisations_were_there_before_1900() {
        let read: Read = |sent, bad| {
            long_past("day", sent, TODAY, bad);
        };
        assert!(is_good(read, (1000, 1, 1)) && is_good(read, (1800, 1, 1)));
        assert!(!is_good(read, (999, 12, 31)) && !is_good(read, (2026, 11, 25)));
    }

    #[test]
    fn plans_end_before_2200() {
        let read: Read = |sent, bad| {
            planned("day", sent, bad);
        };
        assert!(is_good(read, (1900, 1, 1)) && is_good(read, (2199, 12, 31)));
        assert!(!is_good(read, (1899, 12, 31)) && !is_good(read, (2200, 1, 1)));
    }

    #[test]
    fn what_must_be_told_is_missed() {
        let mut bad = Violations::default();
        required_past("day", None, TODAY, &mut bad);
        let fault = bad.finish().unwrap_err();
        assert_eq!(fault.fields().collect::<Vec<_>>(), [("day", "must be set")]);
    }
}
