//! The year in which an organisation was founded.

use jiff::civil::{Date, date};
use keynode_kit::validate::Violations;

/// The first day of which anything is told of an organisation: few are older, and a smaller
/// year is more often a slip.
pub const FIRST_DAY: Date = date(1000, 1, 1);

/// Refuses a year before 1000 and one that has not begun (UTC). A year that is stored
/// already is left alone.
pub fn check(
    field: &str,
    before: Option<i32>,
    sent: Option<i32>,
    today: Date,
    bad: &mut Violations,
) {
    if let Some(year) = sent.filter(|_| sent != before) {
        let years = FIRST_DAY.year().into()..=today.year().into();
        bad.range(field, year.into(), years);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_founded_before_1000_or_in_a_year_to_come() {
        let is_taken = |before, sent| {
            let mut bad = Violations::default();
            let today = date(2026, 11, 23);
            check("founded_year", before, sent, today, &mut bad);
            bad.is_empty()
        };
        assert!(
            [None, Some(1000), Some(1800), Some(2026)]
                .into_iter()
                .all(|year| is_taken(None, year))
        );
        assert!(
            [-5, 0, 999, 2027, 3000]
                .into_iter()
                .all(|year| !is_taken(None, Some(year)))
        );
        assert!(
            is_taken(Some(2099), Some(2099)),
            "another field was changed"
        );
    }
}
