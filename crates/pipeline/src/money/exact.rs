//! Comparisons that decide something, without rounding: what is shown is rounded, never what decides.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    part: Decimal,
    whole: Decimal,
}

impl Share {
    /// None of nothing.
    pub fn of(part: Decimal, whole: Decimal) -> Option<Self> {
        (whole > Decimal::ZERO).then_some(Self { part, whole })
    }

    /// In percent to two digits, to be shown.
    pub fn percent(self) -> Option<Decimal> {
        super::percent(self.part, self.whole)
    }

    /// Against so many percent; none beyond all numbers.
    pub fn compare(self, percent: Decimal) -> Option<Ordering> {
        compare((self.part, Decimal::ONE_HUNDRED), (percent, self.whole))
    }
}

/// One product against another; none beyond all numbers.
pub fn compare(one: (Decimal, Decimal), other: (Decimal, Decimal)) -> Option<Ordering> {
    let ((one, fine), (other, finer)) = (product(one)?, product(other)?);
    let digits = fine.max(finer);
    let raise = |value: i128, by: u32| value.checked_mul(10_i128.checked_pow(by)?);
    Some(raise(one, digits - fine)?.cmp(&raise(other, digits - finer)?))
}

/// A product and how many of its digits are after the point.
fn product((one, other): (Decimal, Decimal)) -> Option<(i128, u32)> {
    let (one, other) = (one.normalize(), other.normalize());
    let digits = one.mantissa().checked_mul(other.mantissa())?;
    Some((digits, one.scale() + other.scale()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_share_is_shown_rounded_and_compared_as_it_is() {
        let share = Share::of(number("99959"), number("999999")).unwrap();
        assert_eq!(share.percent(), Some(number("10.00")));
        assert_eq!(share.compare(number("10")), Some(Ordering::Less));
        let tenth = Share::of(number("0.1"), number("1")).unwrap();
        assert_eq!(tenth.compare(number("10.0000")), Some(Ordering::Equal));
        assert_eq!(Share::of(Decimal::ONE, Decimal::ZERO), None);
    }

    #[test]
    fn the_largest_sums_at_the_finest_rates_are_compared_exactly() {
        let (sum, rate) = (number("999999999999999.99"), number("999999.999999999999"));
        let product = number("999999999999998.99");
        assert_eq!(
            compare((sum, rate), (product, rate)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare((sum, rate), (sum, rate)), Some(Ordering::Equal));
        assert_eq!(compare((Decimal::MAX, Decimal::MAX), (sum, rate)), None);
    }

    proptest! {
        #[test]
        fn it_is_as_with_whole_numbers(
            a in -1_000_000_i64..1_000_000, b in 0_i64..1_000_000,
            c in -1_000_000_i64..1_000_000, d in 0_i64..1_000_000, scale in 0_u32..6,
        ) {
            let [small, plain] = [scale, 0].map(|scale| move |it| Decimal::new(it, scale));
            let expected = (i128::from(a) * i128::from(b)).cmp(&(i128::from(c) * i128::from(d)));
            let found = compare((small(a), plain(b)), (plain(c), small(d)));
            prop_assert_eq!(found, Some(expected));
        }
    }
}
