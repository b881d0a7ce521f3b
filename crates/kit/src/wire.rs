//! Conversions between the well-known messages of the wire and the types used inside.
//! What cannot be converted says why; callers name the field.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use keynode_proto::google::r#type as wire_type;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::currency;

/// 0001-01-01T00:00:00Z, the first moment that `google.protobuf.Timestamp` allows.
const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-30T22:00:00Z, the last one that can be shown in every time zone; the wire
/// allows 26 hours more.
const LAST_SECOND: i64 = 253_402_207_200;
/// ±10,000 years, the limit of `google.protobuf.Duration`.
const LONGEST_SECONDS: i64 = 315_576_000_000;
const NANOS: i32 = 1_000_000_000;
/// Digits after the point that `google.type.Money` can carry.
const MONEY_SCALE: u32 = 9;

/// Why a value has no counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the time must be from 0001-01-01 to 9999-12-30T22:00:00Z")]
    TimeOutOfRange,
    #[error("nanos of a time must be 0 to 999999999, also before 1970")]
    TimeNanos,
    #[error("the duration is longer than 10000 years")]
    DurationOutOfRange,
    #[error("nanos must be -999999999 to 999999999")]
    NanosOutOfRange,
    #[error("nanos must have the sign of the whole part")]
    SignMismatch,
    #[error("the currency must be three upper-case letters (ISO 4217), e.g. CNY")]
    Currency,
    #[error("ISO 4217 has no currency of this code; yuan renminbi is CNY")]
    UnknownCurrency,
    #[error("the amount has more than nine digits after the point")]
    AmountTooFine,
    #[error("the amount is too large")]
    AmountOutOfRange,
    #[error("the date needs a year from 1 to 9999, a month and a day of that month")]
    Date,
}

/// A moment for the wire.
pub fn timestamp(moment: Timestamp) -> prost_types::Timestamp {
    let (mut seconds, mut nanos) = (moment.as_second(), moment.subsec_nanosecond());
    // Inside, both parts carry the sign; on the wire the nanos count forward.
    if nanos < 0 {
        seconds -= 1;
        nanos += NANOS;
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A moment from the wire.
///
/// # Errors
/// When it is not a valid `google.protobuf.Timestamp`.
pub fn read_timestamp(wire: &prost_types::Timestamp) -> Result<Timestamp, Error> {
    if !(0..NANOS).contains(&wire.nanos) {
        return Err(Error::TimeNanos);
    }
    if !(FIRST_SECOND..=LAST_SECOND).contains(&wire.seconds) {
        return Err(Error::TimeOutOfRange);
    }
    Timestamp::new(wire.seconds, wire.nanos).map_err(|_| Error::TimeOutOfRange)
}

/// A span of time for the wire.
///
/// # Errors
/// When it is longer than 10,000 years.
pub fn duration(span: SignedDuration) -> Result<prost_types::Duration, Error> {
    let (seconds, nanos) = (span.as_secs(), span.subsec_nanos());
    match (-LONGEST_SECONDS..=LONGEST_SECONDS).contains(&seconds) {
        true => Ok(prost_types::Duration { seconds, nanos }),
        false => Err(Error::DurationOutOfRange),
    }
}

/// A span of time from the wire.
///
/// # Errors
/// When it is not a valid `google.protobuf.Duration`.
pub fn read_duration(wire: &prost_types::Duration) -> Result<SignedDuration, Error> {
    check_parts(wire.seconds, wire.nanos)?;
    match (-LONGEST_SECONDS..=LONGEST_SECONDS).contains(&wire.seconds) {
        true => Ok(SignedDuration::new(wire.seconds, wire.nanos)),
        false => Err(Error::DurationOutOfRange),
    }
}

/// A sum of money for the wire: `currency` in ISO 4217.
///
/// # Errors
/// When the currency is none, or the amount is finer or larger than the wire can say.
pub fn money(currency: &str, amount: Decimal) -> Result<wire_type::Money, Error> {
    check_currency(currency)?;
    let amount = amount.normalize();
    if amount.scale() > MONEY_SCALE {
        return Err(Error::AmountTooFine);
    }
    let nanos = amount.fract() * Decimal::from(NANOS);
    Ok(wire_type::Money {
        currency_code: currency.to_owned(),
        units: amount.trunc().to_i64().ok_or(Error::AmountOutOfRange)?,
        nanos: nanos.to_i32().ok_or(Error::AmountOutOfRange)?,
    })
}

/// Currency and amount from the wire.
///
/// # Errors
/// When it is not a valid `google.type.Money`, or the currency is none of ISO 4217. What
/// is stored is shown without asking again: codes come and go.
pub fn read_money(wire: &wire_type::Money) -> Result<(String, Decimal), Error> {
    check_currency(&wire.currency_code)?;
    if !currency::is_known(&wire.currency_code) {
        return Err(Error::UnknownCurrency);
    }
    check_parts(wire.units, wire.nanos)?;
    let amount = Decimal::from(wire.units) + Decimal::new(wire.nanos.into(), MONEY_SCALE);
    Ok((wire.currency_code.clone(), amount.normalize()))
}

/// A day for the wire.
pub fn date(day: Date) -> wire_type::Date {
    wire_type::Date {
        year: day.year().into(),
        month: day.month().into(),
        day: day.day().into(),
    }
}

/// A whole day from the wire; a date with parts left out is refused.
///
/// # Errors
/// When there is no such day.
pub fn read_date(wire: &wire_type::Date) -> Result<Date, Error> {
    let year = i16::try_from(wire.year)
        .ok()
        .filter(|year| *year >= 1)
        .ok_or(Error::Date)?;
    let month = i8::try_from(wire.month).map_err(|_| Error::Date)?;
    let day = i8::try_from(wire.day).map_err(|_| Error::Date)?;
    Date::new(year, month, day).map_err(|_| Error::Date)
}

/// Whole part and nanos of one number must not contradict each other.
fn check_parts(whole: i64, nanos: i32) -> Result<(), Error> {
    if !(1 - NANOS..NANOS).contains(&nanos) {
        return Err(Error::NanosOutOfRange);
    }
    match whole.signum() * i64::from(nanos.signum()) < 0 {
        true => Err(Error::SignMismatch),
        false => Ok(()),
    }
}

fn check_currency(currency: &str) -> Result<(), Error> {
    match currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()) {
        true => Ok(()),
        false => Err(Error::Currency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn moments_survive_the_wire_also_before_1970() {
        for text in [
            "2024-02-29T08:00:00.123456Z",
            "1969-12-31T23:59:59.5Z",
            "0001-01-01T00:00:00Z",
        ] {
            let moment: Timestamp = text.parse().unwrap();
            let wire = timestamp(moment);
            assert!((0..NANOS).contains(&wire.nanos), "{wire:?}");
            assert_eq!(read_timestamp(&wire), Ok(moment));
        }
    }

    #[test]
    fn impossible_moments_are_refused() {
        let read = |seconds, nanos| read_timestamp(&prost_types::Timestamp { seconds, nanos });
        assert_eq!(read(0, -1), Err(Error::TimeNanos));
        assert_eq!(read(0, NANOS), Err(Error::TimeNanos));
        assert_eq!(read(i64::MAX, 0), Err(Error::TimeOutOfRange));
        assert_eq!(read(FIRST_SECOND - 1, 0), Err(Error::TimeOutOfRange));
        assert_eq!(read(LAST_SECOND + 1, 0), Err(Error::TimeOutOfRange));
        assert_eq!(
            read(LAST_SECOND, 0),
            Ok(Timestamp::from_second(LAST_SECOND).unwrap())
        );
    }

    #[test]
    fn durations_survive_the_wire() {
        for span in [SignedDuration::new(3, 500), SignedDuration::new(-3, -500)] {
            assert_eq!(
                duration(span).and_then(|wire| read_duration(&wire)),
                Ok(span)
            );
        }
        assert_eq!(
            duration(SignedDuration::MAX),
            Err(Error::DurationOutOfRange)
        );
        let read = |seconds, nanos| read_duration(&prost_types::Duration { seconds, nanos });
        assert_eq!(read(1, -1), Err(Error::SignMismatch));
        assert_eq!(read(0, i32::MIN), Err(Error::NanosOutOfRange));
        assert_eq!(read(i64::MIN, 0), Err(Error::DurationOutOfRange));
    }

    #[test]
    fn money_survives_the_wire_exactly() {
        for text in [
            "0",
            "0.1",
            "-0.000000001",
            "1234567.89",
            "-9223372036854775808",
        ] {
            let wire = money("CNY", decimal(text)).unwrap();
            assert_eq!(
                read_money(&wire),
                Ok(("CNY".to_owned(), decimal(text))),
                "{wire:?}"
            );
        }
    }

    #[test]
    fn money_that_the_wire_cannot_say_is_refused() {
        assert_eq!(money("cny", decimal("1")), Err(Error::Currency));
        assert_eq!(money("元", decimal("1")), Err(Error::Currency));
        assert_eq!(
            money("CNY", decimal("0.0000000001")),
            Err(Error::AmountTooFine)
        );
        assert_eq!(money("CNY", Decimal::MAX), Err(Error::AmountOutOfRange));
        let wire = wire_type::Money {
            currency_code: "CNY".to_owned(),
            units: 1,
            nanos: -1,
        };
        assert_eq!(read_money(&wire), Err(Error::SignMismatch));
        let wire = money("ZZZ", decimal("1")).unwrap();
        assert_eq!(read_money(&wire), Err(Error::UnknownCurrency));
        assert!(
            money("CNY", decimal("1.10000000000")).is_ok(),
            "trailing zeros are not fine"
        );
    }

    #[test]
    fn only_whole_days_are_days() {
        let day = jiff::civil::date(2024, 2, 29);
        assert_eq!(read_date(&date(day)), Ok(day));
        for (year, month, day) in [
            (2023, 2, 29),
            (2024, 0, 1),
            (2024, 1, 0),
            (0, 1, 1),
            (i32::MAX, 1, 1),
        ] {
            assert_eq!(
                read_date(&wire_type::Date { year, month, day }),
                Err(Error::Date)
            );
        }
    }
}
