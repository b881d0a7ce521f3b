//! Which days a tenant works: pure, and as it is kept.

pub mod put;
pub mod row;

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

const MAX_HOLIDAYS: usize = 2000;
const MAX_EXTRA: usize = 500;
const MAX_NAME: usize = 100;
/// Of a tenant that has put none.
const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// A tenant's working days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    weekdays: Vec<Weekday>,
    holidays: BTreeSet<Date>,
    extra: BTreeSet<Date>,
}

impl Calendar {
    /// Reads a calendar and notes every field that is bad.
    pub fn read(bad: &mut Violations, message: &proto::WorkCalendar) -> Self {
        let zone = TimeZone::get(&message.time_zone).unwrap_or_else(|_| {
            let why = "must be the name of a time zone, e.g. Asia/Shanghai";
            bad.add("calendar.time_zone", why);
            TimeZone::UTC
        });
        let calendar = Self {
            zone,
            weekdays: weekdays(bad, &message.weekdays),
            holidays: holidays(bad, &message.holidays),
            extra: extra(bad, message),
        };
        calendar.check(bad, message);
        calendar
    }

    /// A day that changes nothing is one that was meant otherwise.
    fn check(&self, bad: &mut Violations, message: &proto::WorkCalendar) {
        if self.weekdays.is_empty() {
            return;
        }
        let read = |date: Option<keynode_proto::google::r#type::Date>| wire::read_date(&date?).ok();
        let is_weekday = |day: Date| self.weekdays.contains(&day.weekday());
        for (n, holiday) in message.holidays.iter().take(MAX_HOLIDAYS).enumerate() {
            if let Some(day) = read(holiday.date).filter(|day| !is_weekday(*day)) {
                let why = format!("{day} is not worked anyway: its weekday is not");
                bad.add(format!("calendar.holidays[{n}].date"), why);
            }
        }
        for (n, date) in message.extra_workdays.iter().take(MAX_EXTRA).enumerate() {
            let field = format!("calendar.extra_workdays[{n}]");
            match read(Some(*date)) {
                Some(day) if self.holidays.contains(&day) => {
                    bad.add(field, format!("{day} is a holiday too"));
                }
                Some(day) if is_weekday(day) => {
                    bad.add(field, format!("{day} is worked anyway: its weekday is"));
                }
                _ => {}
            }
        }
    }

    /// Whether the day is worked.
    pub fn is_workday(&self, day: Date) -> bool {
        let is_weekday = self.weekdays.contains(&day.weekday());
        self.extra.contains(&day) || (is_weekday && !self.holidays.contains(&day))
    }

    /// How many days are worked after the day of `from`, up to that of `to`.
    pub fn workdays(&self, from: Timestamp, to: Timestamp) -> i32 {
        let last = self.day(to);
        let days = self.days_after(self.day(from));
        let worked = days
            .take_while(|day| *day <= last)
            .filter(|day| self.is_workday(*day));
        i32::try_from(worked.count()).unwrap_or(i32::MAX)
    }

    /// The beginning of the `count`th day that is worked after the day of `from`: from then on so
    /// many have come. None when the calendar ends before.
    pub fn after(&self, from: Timestamp, count: i32) -> Option<Timestamp> {
        let before = usize::try_from(count).ok()?.checked_sub(1)?;
        let mut worked = self
            .days_after(self.day(from))
            .filter(|day| self.is_workday(*day));
        let day = worked.nth(before)?;
        let begin = day.to_zoned(self.zone.clone()).ok()?;
        Some(begin.timestamp())
    }

    fn day(&self, moment: Timestamp) -> Date {
        moment.to_zoned(self.zone.clone()).date()
    }

    fn days_after(&self, day: Date) -> impl Iterator<Item = Date> {
        day.series(1.day()).skip(1)
    }
}

/// The calendar of a tenant that has put none.
pub fn unless_put() -> proto::WorkCalendar {
    use proto::Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    proto::WorkCalendar {
        time_zone: DEFAULT_ZONE.to_owned(),
        weekdays: [Monday, Tuesday, Wednesday, Thursday, Friday]
            .map(i32::from)
            .to_vec(),
        ..proto::WorkCalendar::default()
    }
}

fn weekdays(bad: &mut Violations, values: &[i32]) -> Vec<Weekday> {
    let field = "calendar.weekdays";
    if values.is_empty() {
        bad.add(field, "must name at least one day");
    }
    let mut days = Vec::new();
    for value in values {
        let day = i8::try_from(*value)
            .ok()
            .and_then(|value| Weekday::from_monday_one_offset(value).ok());
        match day {
            Some(day) if !days.contains(&day) => days.push(day),
            Some(_) => bad.add(field, "must name each day once"),
            None => bad.add(field, format!("{value} is no day")),
        }
    }
    days
}

fn holidays(bad: &mut Violations, messages: &[proto::Holiday]) -> BTreeSet<Date> {
    at_most(bad, "calendar.holidays", messages.len(), MAX_HOLIDAYS);
    let mut days = BTreeSet::new();
    for (n, message) in messages.iter().take(MAX_HOLIDAYS).enumerate() {
        let field = format!("calendar.holidays[{n}].date");
        add(bad, &field, &mut days, message.date);
        let field = format!("calendar.holidays[{n}].display_name");
        bad.line(&field, &message.display_name, MAX_NAME);
    }
    days
}

fn extra(bad: &mut Violations, message: &proto::WorkCalendar) -> BTreeSet<Date> {
    let days = &message.extra_workdays;
    at_most(bad, "calendar.extra_workdays", days.len(), MAX_EXTRA);
    let mut read = BTreeSet::new();
    for (n, day) in days.iter().take(MAX_EXTRA).enumerate() {
        let field = format!("calendar.extra_workdays[{n}]");
        add(bad, &field, &mut read, Some(*day));
    }
    read
}

fn add(
    bad: &mut Violations,
    field: &str,
    days: &mut BTreeSet<Date>,
    day: Option<keynode_proto::google::r#type::Date>,
) {
    if day.is_none() {
        bad.add(field, "must be given");
    }
    if let Some(day) = bad.day(field, day)
        && !days.insert(day)
    {
        bad.add(field, "is there already");
    }
}

fn at_most(bad: &mut Violations, field: &str, count: usize, most: usize) {
    if count > most {
        bad.add(field, format!("must be at most {most}, are {count}"));
    }
}

#[cfg(test)]
mod tests {
    use keynode_proto::google::r#type as wire;
    use proptest::prelude::*;

    use super::*;

    fn day(year: i32, month: i32, day: i32) -> wire::Date {
        wire::Date { year, month, day }
    }

    /// Around the National Day of 2026, with a Saturday that is worked for it.
    fn calendar() -> Calendar {
        let message = proto::WorkCalendar {
            holidays: [1, 2, 5, 6, 7]
                .into_iter()
                .map(|n| proto::Holiday {
                    date: Some(day(2026, 10, n)),
                    display_name: "国庆节".to_owned(),
                })
                .collect(),
            extra_workdays: vec![day(2026, 10, 10)],
            ..unless_put()
        };
        let mut bad = Violations::default();
        let calendar = Calendar::read(&mut bad, &message);
        assert!(bad.is_empty());
        calendar
    }

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_do_not_count_and_days_worked_instead_do() {
        let calendar = calendar();
        // Wednesday September 30 to Monday October 12: 8, 9, 10 (a Saturday), 12.
        let (from, to) = (
            moment("2026-09-30T09:00:00+08:00"),
            moment("2026-10-12T09:00:00+08:00"),
        );
        assert_eq!(calendar.workdays(from, to), 4);
        let third = calendar.after(from, 3).unwrap();
        assert_eq!(third, moment("2026-10-10T00:00:00+08:00"));
    }

    #[test]
    fn a_day_is_one_of_the_tenants_time_zone() {
        // Tuesday 23:30 in Shanghai is Tuesday 15:30 in Greenwich.
        let (from, to) = (
            moment("2026-07-07T15:30:00Z"),
            moment("2026-07-07T16:30:00Z"),
        );
        assert_eq!(calendar().workdays(from, to), 1);
    }

    #[test]
    fn every_bad_field_is_named() {
        let message = proto::WorkCalendar {
            time_zone: "Mars/Olympus".to_owned(),
            weekdays: vec![1, 1, 9],
            holidays: vec![proto::Holiday::default()],
            extra_workdays: vec![day(2026, 2, 30)],
            ..proto::WorkCalendar::default()
        };
        let mut bad = Violations::default();
        Calendar::read(&mut bad, &message);
        let refused = bad.finish().unwrap_err().to_string();
        for field in [
            "time_zone",
            "weekdays",
            "holidays[0].date",
            "extra_workdays[0]",
        ] {
            assert!(refused.contains(field), "{field} in {refused}");
        }
    }

    proptest! {
        #[test]
        fn so_many_have_come_exactly_from_then_on(from in 1_700_000_000_i64..1_900_000_000, count in 1..300) {
            let calendar = calendar();
            let from = Timestamp::from_second(from).unwrap();
            let then = calendar.after(from, count).unwrap();
            prop_assert_eq!(calendar.workdays(from, then), count);
            let before = then - jiff::SignedDuration::from_millis(1);
            prop_assert_eq!(calendar.workdays(from, before), count - 1);
        }
    }
}
