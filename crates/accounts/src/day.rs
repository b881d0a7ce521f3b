//! Days in the lives of people and firms: civil dates that are not absurd.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_proto::google::r#type as wire_type;

/// The years in which something said of a person may have happened or be planned.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// A day of the calendar in [`YEARS`], or nothing.
pub fn read(field: &str, sent: Option<wire_type::Date>, bad: &mut Violations) -> Option<Date> {
    let day = bad.date(field, sent)?;
    if !YEARS.contains(&day.year()) {
        bad.add(
            field,
            format!("must be in the years {} to {}", YEARS.start(), YEARS.end()),
        );
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_good(year: i32, month: i32, day: i32) -> bool {
        let mut bad = Violations::default();
        read("day", Some(wire_type::Date { year, month, day }), &mut bad);
        bad.is_empty()
    }

    #[test]
    fn days_that_nobody_lived_are_refused() {
        assert!(is_good(1900, 1, 1) && is_good(2199, 12, 31));
        assert!(!is_good(1899, 12, 31) && !is_good(2200, 1, 1) && !is_good(2025, 2, 30));
    }
}
