//! Sums of money and other exact numbers of requests: decimals all the way, never floats.

pub mod exact;

use keynode_kit::validate::Violations;
use keynode_kit::{currency as currencies, wire};
use keynode_proto::google::r#type::Money;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::terms::Amount;

/// What a number may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub least: Least,
    pub most: i64,
    /// Digits after the point.
    pub digits: u32,
    /// For people, e.g. `percent`; empty = none.
    pub unit: &'static str,
}

/// What a sum may be, in units of its currency; none is finer than the smallest of these.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub least: Least,
    pub most: i64,
}

/// The lower end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    AboveZero,
    Zero,
    /// As far below zero as above.
    Negative,
}

impl Least {
    fn allows(self, value: Decimal, most: Decimal) -> bool {
        match self {
            Self::AboveZero => value > Decimal::ZERO,
            Self::Zero => value >= Decimal::ZERO,
            Self::Negative => value >= -most,
        }
    }

    fn text(self, most: i64, unit: &str) -> String {
        let range = match self {
            Self::AboveZero => format!("more than 0 and at most {most} {unit}"),
            Self::Zero => format!("from 0 to {most} {unit}"),
            Self::Negative => format!("from -{most} to {most} {unit}"),
        };
        format!("must be {}", range.trim_end())
    }
}

/// What deals are worth, budgets and whatever else people say of money: thousands of them can be
/// added up.
pub const SUM: Bounds = Bounds {
    least: Least::Zero,
    most: 1_000_000_000_000_000,
};
/// Prices and the amounts of contracts.
pub const PRICE: Bounds = Bounds {
    least: Least::AboveZero,
    ..SUM
};
/// What a piece, an hour or a journey costs.
pub const COST: Bounds = Bounds {
    least: Least::AboveZero,
    most: 1_000_000_000_000,
};
/// Sums that are only asked about: whatever the wire can say.
pub const ANY: Bounds = Bounds {
    least: Least::Negative,
    most: i64::MAX,
};
/// Percent of something, from 0 to 100.
pub const SHARE: Limits = Limits {
    least: Least::Zero,
    most: 100,
    digits: 4,
    unit: "percent",
};

/// A decimal text within limits; none when it is empty or refused.
pub fn decimal(bad: &mut Violations, field: &str, text: &str, limits: Limits) -> Option<Decimal> {
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
    if text.is_empty() {
        return None;
    }
    let read = Some(text).filter(|text| text.len() <= 40 && text.chars().all(is_plain));
    match read.and_then(|text| Decimal::from_str_exact(text).ok()) {
        Some(value) => {
            let Limits { digits, unit, .. } = limits;
            let fits = within(bad, field, value, (limits.least, limits.most, unit));
            let is_fine = value.normalize().scale() > digits;
            if is_fine {
                let why = format!("must have at most {digits} digits after the point");
                bad.add(field, why);
            }
            (fits && !is_fine).then(|| value.normalize())
        }
        None => {
            bad.add(field, "must be a decimal number, e.g. `12.5`");
            None
        }
    }
}

/// The same, and not empty.
pub fn required_decimal(
    bad: &mut Violations,
    field: &str,
    text: &str,
    limits: Limits,
) -> Option<Decimal> {
    if text.is_empty() {
        bad.add(field, "must be given");
    }
    decimal(bad, field, text, limits)
}

/// A sum within bounds that can be paid; none when it is unset or refused. Every sum that a caller
/// sends is read here.
pub fn amount(
    bad: &mut Violations,
    field: &str,
    money: Option<&Money>,
    bounds: Bounds,
) -> Option<Amount> {
    let (currency, value) = match wire::read_money(money?) {
        Ok(read) => read,
        Err(error) => {
            bad.add(field, error.to_string());
            return None;
        }
    };
    let fits = within(bad, field, value, (bounds.least, bounds.most, &currency));
    let digits = currencies::minor_digits(&currency);
    let is_fine = value.normalize().scale() > digits;
    if is_fine {
        let why = format!(
            "must have at most {digits} digits after the point: {currency} has no smaller unit"
        );
        bad.add(field, why);
    }
    (fits && !is_fine).then_some(Amount { currency, value })
}

/// The same, and set.
pub fn required_amount(
    bad: &mut Violations,
    field: &str,
    money: Option<&Money>,
    bounds: Bounds,
) -> Option<Amount> {
    if money.is_none() {
        bad.add(field, "must be given");
    }
    amount(bad, field, money, bounds)
}

fn within(
    bad: &mut Violations,
    field: &str,
    value: Decimal,
    (least, most, unit): (Least, i64, &str),
) -> bool {
    let limit = Decimal::from(most);
    let fits = least.allows(value, limit) && value <= limit;
    if !fits {
        bad.add(field, least.text(most, unit));
    }
    fits
}

/// A currency of ISO 4217.
pub fn currency(bad: &mut Violations, field: &str, code: &str) -> String {
    let money = Money {
        currency_code: code.to_owned(),
        units: 0,
        nanos: 0,
    };
    if let Err(error) = wire::read_money(&money) {
        bad.add(field, error.to_string());
    }
    code.to_owned()
}

/// A sum that was stored; it was read once already.
pub fn stored(money: Option<&Money>) -> Option<Amount> {
    let (currency, value) = wire::read_money(money?).ok()?;
    Some(Amount { currency, value })
}

/// A sum for the wire; none when it is larger than the wire can say.
pub fn shown(currency: &str, value: Decimal) -> Option<Money> {
    wire::money(currency, value).ok()
}

/// A number that was stored as text.
pub fn number(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

/// `part` in percent of `whole`, to two digits; none of nothing.
pub fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let share = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(share.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

/// Percent as they are shown: always two digits.
pub fn shown_percent(percent: Option<Decimal>) -> String {
    percent.map_or_else(String::new, |percent| format!("{percent:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, limits: Limits) -> Option<String> {
        let mut bad = Violations::default();
        let value = decimal(&mut bad, "n", text, limits);
        bad.is_empty()
            .then(|| value.map(|it| it.to_string()).unwrap_or_default())
    }

    #[test]
    fn numbers_are_read_exactly_and_within_limits() {
        assert_eq!(read("0.0001", SHARE).as_deref(), Some("0.0001"));
        assert_eq!(read("12.50", SHARE).as_deref(), Some("12.5"));
        assert_eq!(read("", SHARE).as_deref(), Some(""));
        for text in [
            "1e2", "+1", " 1", "一", "100.1", "-1", "1.00001", "1_0", "-", "1.2.3",
        ] {
            assert_eq!(read(text, SHARE), None, "{text}");
        }
        assert_eq!(read("-0.0001", SHARE), None);
        assert_eq!(read(&"9".repeat(60), SHARE), None);
    }

    fn why(money: &Money, bounds: Bounds) -> Vec<String> {
        let mut bad = Violations::default();
        amount(&mut bad, "n", Some(money), bounds);
        let fault = bad.finish().err();
        let whys = fault.iter().flat_map(|it| it.fields());
        whys.map(|(_, why)| why.to_owned()).collect()
    }

    fn sum(currency: &str, units: i64, nanos: i32) -> Money {
        Money {
            currency_code: currency.to_owned(),
            units,
            nanos,
        }
    }

    #[test]
    fn no_sum_is_finer_than_what_can_be_paid() {
        for (currency, fits, too_fine) in [
            ("JPY", 0, 100_000_000),
            ("CNY", 10_000_000, 1_000_000),
            ("KWD", 1_000_000, 100_000),
            ("CLF", 100_000, 10_000),
        ] {
            assert!(why(&sum(currency, 1, fits), SUM).is_empty(), "{currency}");
            assert_eq!(why(&sum(currency, 1, too_fine), SUM).len(), 1, "{currency}");
            assert_eq!(why(&sum(currency, 1, too_fine), ANY).len(), 1, "{currency}");
        }
    }

    #[test]
    fn bounds_are_told_with_their_unit() {
        assert!(why(&sum("CNY", SUM.most, 0), SUM).is_empty());
        assert_eq!(
            why(&sum("CNY", SUM.most, 10_000_000), SUM),
            ["must be from 0 to 1000000000000000 CNY"]
        );
        assert_eq!(
            why(&sum("JPY", 0, 0), COST),
            ["must be more than 0 and at most 1000000000000 JPY"]
        );
        assert!(why(&sum("CNY", -1, 0), ANY).is_empty());
    }

    #[test]
    fn nothing_has_no_percent() {
        assert_eq!(percent(Decimal::ONE, Decimal::ZERO), None);
        let third = percent(Decimal::ONE, Decimal::from(3));
        assert_eq!(shown_percent(third), "33.33");
        assert_eq!(shown_percent(Some(Decimal::from(5))), "5.00");
    }
}
