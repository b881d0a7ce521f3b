//! Exchange rates, each from a day on, and conversion with the rate of a day: pure.

pub mod list;
pub mod put;
pub mod read;
mod row;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use keynode_kit::currency;
use rust_decimal::Decimal;

use crate::error::Error;
use crate::money::exact;
use crate::terms::Amount;

pub use row::load;

/// Rates of pairs of currencies, by their first day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(String, String), BTreeMap<Date, Decimal>>);

/// The rate that is used for a pair on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub value: Decimal,
    pub since: Date,
    /// It is of the opposite pair: sums are divided by it.
    pub inverse: bool,
}

/// Why a sum has no counterpart in another currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unconverted {
    NoRate { from: String, to: String, day: Date },
    TooLarge,
}

impl Rates {
    /// Adds a rate.
    pub fn add(&mut self, from: &str, to: &str, since: Date, value: Decimal) {
        let pair = (from.to_owned(), to.to_owned());
        self.0.entry(pair).or_default().insert(since, value);
    }

    /// The latest rate on or before a day; that of the opposite pair only where there is none.
    pub fn find(&self, from: &str, to: &str, day: Date) -> Option<Found> {
        let latest = |from: &str, to: &str, inverse| {
            let rates = self.0.get(&(from.to_owned(), to.to_owned()))?;
            let (since, value) = rates.range(..=day).next_back()?;
            Some(Found {
                value: *value,
                since: *since,
                inverse,
            })
        };
        latest(from, to, false).or_else(|| latest(to, from, true))
    }

    /// A sum in another currency, to its smallest unit. In its own it is what it is.
    ///
    /// # Errors
    /// When there is no rate, which is never taken as 1, or the sum is beyond all numbers.
    pub fn convert(&self, sum: &Amount, to: &str, day: Date) -> Result<Amount, Unconverted> {
        if sum.currency == to {
            return Ok(sum.clone());
        }
        let found = self.require(&sum.currency, to, day)?;
        let value = match found.inverse {
            false => sum.value.checked_mul(found.value),
            true => sum.value.checked_div(found.value),
        };
        Ok(Amount {
            currency: to.to_owned(),
            value: currency::round(to, value.ok_or(Unconverted::TooLarge)?),
        })
    }

    /// A sum, in the currency of another one, against that; without rounding.
    ///
    /// # Errors
    /// As [`convert`](Self::convert).
    pub fn compare(
        &self,
        sum: &Amount,
        other: &Amount,
        day: Date,
    ) -> Result<Ordering, Unconverted> {
        let (multiplier, divisor) = match sum.currency == other.currency {
            true => (Decimal::ONE, Decimal::ONE),
            false => match self.require(&sum.currency, &other.currency, day)? {
                found if found.inverse => (Decimal::ONE, found.value),
                found => (found.value, Decimal::ONE),
            },
        };
        let compared = exact::compare((sum.value, multiplier), (other.value, divisor));
        compared.ok_or(Unconverted::TooLarge)
    }

    fn require(&self, from: &str, to: &str, day: Date) -> Result<Found, Unconverted> {
        let found = self.find(from, to, day);
        found.ok_or_else(|| Unconverted::NoRate {
            from: from.to_owned(),
            to: to.to_owned(),
            day,
        })
    }
}

impl Unconverted {
    /// The pair that has no rate, e.g. `USD/CNY`.
    pub fn pair(&self) -> Option<String> {
        match self {
            Self::NoRate { from, to, .. } => Some(format!("{from}/{to}")),
            Self::TooLarge => None,
        }
    }
}

impl From<Unconverted> for Error {
    fn from(why: Unconverted) -> Self {
        match why {
            Unconverted::NoRate { from, to, day } => Self::ExchangeRateNotFound { from, to, day },
            Unconverted::TooLarge => Self::AmountTooLarge,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn sum(currency: &str, value: &str) -> Amount {
        Amount {
            currency: currency.to_owned(),
            value: value.parse().unwrap(),
        }
    }

    fn rates() -> Rates {
        let mut rates = Rates::default();
        rates.add("USD", "CNY", day("2026-01-01"), "7.2".parse().unwrap());
        rates.add("USD", "CNY", day("2026-02-01"), "7".parse().unwrap());
        rates.add("CNY", "JPY", day("2026-01-01"), "20.5".parse().unwrap());
        rates
    }

    #[test]
    fn the_latest_rate_on_or_before_the_day_is_used() {
        let convert = |text| rates().convert(&sum("USD", "10"), "CNY", day(text));
        assert_eq!(convert("2026-01-31"), Ok(sum("CNY", "72")));
        assert_eq!(convert("2026-02-01"), Ok(sum("CNY", "70")));
        assert_eq!(convert("2030-01-01"), Ok(sum("CNY", "70")));
    }

    #[test]
    fn without_a_rate_there_is_no_sum() {
        let before = rates().convert(&sum("USD", "10"), "CNY", day("2025-12-31"));
        assert_eq!(before.unwrap_err().pair().as_deref(), Some("USD/CNY"));
        // Not by way of a third currency either.
        let across = rates().convert(&sum("USD", "10"), "JPY", day("2026-03-01"));
        assert_eq!(across.unwrap_err().pair().as_deref(), Some("USD/JPY"));
        let own = rates().convert(&sum("EUR", "1.005"), "EUR", day("2026-03-01"));
        assert_eq!(own, Ok(sum("EUR", "1.005")));
    }

    #[test]
    fn the_opposite_rate_counts_only_where_there_is_no_other() {
        let mut rates = rates();
        let back = |rates: &Rates| {
            rates
                .convert(&sum("CNY", "70"), "USD", day("2026-02-01"))
                .unwrap()
        };
        assert_eq!(back(&rates), sum("USD", "10"));
        rates.add("CNY", "USD", day("2026-01-01"), "0.2".parse().unwrap());
        assert_eq!(back(&rates), sum("USD", "14"), "older, and its own");
    }

    #[test]
    fn sums_are_rounded_to_what_can_be_paid() {
        let yen = rates().convert(&sum("CNY", "0.10"), "JPY", day("2026-02-01"));
        assert_eq!(yen, Ok(sum("JPY", "2")), "2.05");
        let huge = Amount {
            currency: "CNY".to_owned(),
            value: Decimal::MAX,
        };
        let too_large = rates().convert(&huge, "JPY", day("2026-02-01"));
        assert_eq!(too_large, Err(Unconverted::TooLarge));
    }

    #[test]
    fn sums_are_compared_as_they_are_and_not_as_they_are_paid() {
        let compare = |one: &Amount, other: &Amount| rates().compare(one, other, day("2026-02-01"));
        let (yuan, yen) = (sum("CNY", "0.10"), sum("JPY", "2"));
        assert_eq!(compare(&yuan, &yen), Ok(Ordering::Greater), "2.05");
        assert_eq!(compare(&yen, &yuan), Ok(Ordering::Less), "0.0975…");
        assert_eq!(
            compare(&sum("JPY", "41"), &sum("CNY", "2")),
            Ok(Ordering::Equal)
        );
        assert_eq!(compare(&yuan, &sum("CNY", "0.1")), Ok(Ordering::Equal));
        let unknown = compare(&yuan, &sum("EUR", "1"));
        assert_eq!(unknown.unwrap_err().pair().as_deref(), Some("CNY/EUR"));
    }

    proptest! {
        #[test]
        fn there_and_back_is_off_by_less_than_the_rate(cents in 1_i64..1_000_000_000, rate in 1_i64..100_000) {
            let (cents, rate) = (Decimal::new(cents, 2), Decimal::new(rate, 3));
            let mut rates = Rates::default();
            rates.add("USD", "CNY", day("2026-01-01"), rate);
            let start = Amount { currency: "USD".to_owned(), value: cents };
            let there = rates.convert(&start, "CNY", day("2026-01-02")).unwrap();
            prop_assert!(there.value.scale() <= 2);
            let back = rates.convert(&there, "USD", day("2026-01-02")).unwrap();
            let half = Decimal::new(5, 3);
            prop_assert!((back.value - cents).abs() <= half / rate + half);
        }
    }
}
