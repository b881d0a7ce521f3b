//! Days of the script: so many before or after the load, or a day of the year.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use keynode_proto::google::r#type::Date as WireDate;
use prost_types::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A day of the script.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Day {
    /// `-30` = thirty days before the load.
    FromLoad(i64),
    /// `"07-06"` = in the year in which the Zhang case is set.
    OfYear { month: i8, day: i8 },
}

/// The Zhang case ends in September; it is set in the last year that has passed this day.
const CASE_IS_OVER: (i8, i8) = (9, 30);

impl Day {
    /// The day of the calendar, when the script is loaded on `today`.
    pub fn on(self, today: Date) -> Date {
        match self {
            Self::FromLoad(days) => today.saturating_add(days.days()),
            Self::OfYear { month, day } => date(year(today), month, day),
        }
    }

    pub fn wire(self, today: Date) -> WireDate {
        let day = self.on(today);
        WireDate {
            year: day.year().into(),
            month: day.month().into(),
            day: day.day().into(),
        }
    }

    /// In the early morning in UTC, so that it is that day in Beijing too.
    pub fn moment(self, today: Date) -> Option<Timestamp> {
        let moment = self.on(today).at(2, 0, 0, 0).in_tz("UTC").ok()?.timestamp();
        Some(Timestamp {
            seconds: moment.as_second(),
            nanos: 0,
        })
    }
}

fn year(today: Date) -> i16 {
    match (today.month(), today.day()) >= CASE_IS_OVER {
        true => today.year(),
        false => today.year() - 1,
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Day;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of days from the load, or a day of the year like \"07-06\"")
            }

            fn visit_i64<E: Error>(self, days: i64) -> Result<Day, E> {
                Ok(Day::FromLoad(days))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Day, E> {
                let parts = text
                    .split_once('-')
                    .and_then(|(m, d)| Some((m.parse().ok()?, d.parse().ok()?)));
                let day = parts.filter(|(m, d)| Date::new(2000, *m, *d).is_ok());
                let (month, day) =
                    day.ok_or_else(|| E::custom(format!("`{text}` is no day of the year")))?;
                Ok(Day::OfYear { month, day })
            }
        }

        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_is_never_set_in_the_future() {
        let july = Day::OfYear { month: 7, day: 6 };
        assert_eq!(july.on(date(2026, 11, 23)), date(2026, 7, 6));
        assert_eq!(july.on(date(2027, 3, 1)), date(2026, 7, 6));
        assert_eq!(
            Day::FromLoad(-30).on(date(2026, 11, 23)),
            date(2026, 10, 24)
        );
    }
}
