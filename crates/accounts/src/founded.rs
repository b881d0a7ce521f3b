//! The year in which an organisation was founded.

use jiff::civil::Date;
use keynode_kit::validate::Violations;

/// Refuses a year that has not begun (UTC). A year that is stored already is left alone.
pub fn check(
    field: &str,
    before: Option<i32>,
    sent: Option<i32>,
    today: Date,
    bad: &mut Violations,
) {
    if let Some(year) = sent.filter(|_| sent != before) {
        bad.range(field, year.into(), 1..=today.year().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_founded_in_a_year_to_come() {
        let is_taken = |before, sent| {
            let mut bad = Violations::default();
            let today = jiff::civil::date(2026, 11, 23);
            check("founded_year", before, sent, today, &mut bad);
            bad.is_empty()
        };
        assert!(
            [None, Some(1), Some(2026)]
                .into_iter()
                .all(|year| is_taken(None, year))
        );
        assert!(
            [-5, 0, 2027, 2099]
                .into_iter()
                .all(|year| !is_taken(None, Some(year)))
        );
        assert!(
            is_taken(Some(2099), Some(2099)),
            "another field was changed"
        );
    }
}
