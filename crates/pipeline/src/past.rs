//! Moments and days that must have happened already, with allowance for clocks and zones.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use keynode_kit::validate::{FIRST_DAY, Violations};
use keynode_kit::wire;
use keynode_proto::google::r#type::Date as WireDate;

/// Clocks of callers go ahead of ours by this much at most.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// The day begins first at UTC+14.
const EARLIEST_DAY: Offset = Offset::constant(14);

/// A moment that is told: from 1900 on and not in the future.
pub fn moment(
    bad: &mut Violations,
    field: &str,
    value: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let moment = asked(bad, field, value, now)?;
    if Offset::UTC.to_datetime(moment).date() < FIRST_DAY {
        bad.add(field, format!("must not be before {FIRST_DAY}"));
    }
    Some(moment)
}

/// The same of something after which other things happen here: what is ahead of our clock by less
/// than clocks differ happens now.
pub fn happened(
    bad: &mut Violations,
    field: &str,
    value: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    moment(bad, field, value, now).map(|moment| moment.min(now))
}

/// A moment about which is asked: not in the future, cut to microseconds because Postgres keeps no
/// more.
pub fn asked(
    bad: &mut Violations,
    field: &str,
    value: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let moment = match wire::read_timestamp(value?) {
        Ok(moment) => Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment),
        Err(error) => {
            bad.add(field, error.to_string());
            return None;
        }
    };
    if moment.duration_since(now) > SKEW {
        bad.add(field, "must not be in the future");
    }
    Some(moment)
}

/// Refuses a day before 1900, and one that has begun nowhere on earth yet.
pub fn day(bad: &mut Violations, field: &str, day: Option<Date>, now: Timestamp) {
    if day.is_some_and(|day| day < FIRST_DAY) {
        bad.add(field, format!("must not be before {FIRST_DAY}"));
    }
    if day.is_some_and(|day| day > EARLIEST_DAY.to_datetime(now).date()) {
        bad.add(field, "must not be in the future");
    }
}

/// A day that must be given and have begun somewhere on earth.
pub fn required_day(
    bad: &mut Violations,
    field: &str,
    value: Option<WireDate>,
    now: Timestamp,
) -> Date {
    if value.is_none() {
        bad.add(field, "must be given");
    }
    optional_day(bad, field, value, now).unwrap_or_default()
}

/// The same, or nothing.
pub fn optional_day(
    bad: &mut Violations,
    field: &str,
    value: Option<WireDate>,
    now: Timestamp,
) -> Option<Date> {
    let read = bad.date(field, value);
    day(bad, field, read, now);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_day_that_has_begun_somewhere_is_not_in_the_future() {
        let refused = |text: &str| {
            let mut bad = Violations::default();
            day(&mut bad, "date", Some(text.parse().unwrap()), now());
            !bad.is_empty()
        };
        assert!(!refused("2026-07-02"), "it is July 2 in Kiritimati");
        assert!(refused("2026-07-03"));
        assert!(!refused("1900-01-01") && refused("1899-12-31"));
    }

    #[test]
    fn a_moment_ahead_of_all_clocks_is_refused() {
        let refused = |seconds: i64| {
            let mut bad = Violations::default();
            let value = wire::timestamp(now() + SignedDuration::from_secs(seconds));
            moment(&mut bad, "occur_time", Some(&value), now());
            !bad.is_empty()
        };
        assert!(!refused(-1) && !refused(300) && refused(301));
        let to_1900 = "1900-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        let to_1900 = to_1900.as_second() - now().as_second();
        assert!(!refused(to_1900) && refused(to_1900 - 1));
    }
}
