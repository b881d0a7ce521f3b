//! Sums of money and other exact numbers of requests: decimals all the way, never floats.

use keynode_kit::validate::Violations;
use keynode_kit::wire;
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

    fn name(self) -> &'static str {
        match self {
            Self::AboveZero => "more than 0",
            Self::Zero => "not negative",
            Self::Negative => "not lower",
        }
    }
}

/// Prices and the amounts of contracts.
pub const PRICE: Limits = Limits {
    least: Least::AboveZero,
    most: 1_000_000_000_000_000,
    digits: 9,
};
/// What a piece, an hour or a journey costs.
pub const COST: Limits = Limits {
    least: Least::AboveZero,
    most: 1_000_000_000_000,
    digits: 9,
};
/// Percent of something, from 0 to 100.
pub const SHARE: Limits = Limits {
    least: Least::Zero,
    most: 100,
    digits: 4,
};

/// A decimal text within limits; none when it is empty or refused.
pub fn decimal(bad: &mut Violations, field: &str, text: &str, limits: Limits) -> Option<Decimal> {
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-');
    if text.is_empty() {
        return None;
    }
    let read = Some(text).filter(|text| text.len() <= 40 && text.chars().all(is_plain));
    match read.and_then(|text| Decimal::from_str_exact(text).ok()) {
        Some(value) => within(bad, field, value, limits).then(|| value.normalize()),
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

/// A sum within limits; none when it is unset or refused.
pub fn amount(
    bad: &mut Violations,
    field: &str,
    money: Option<&Money>,
    limits: Limits,
) -> Option<Amount> {
    match wire::read_money(money?) {
        Ok((currency, value)) => {
            within(bad, field, value, limits).then_some(Amount { currency, value })
        }
        Err(error) => {
            bad.add(field, error.to_string());
            None
        }
    }
}

/// The same, and set.
pub fn required_amount(
    bad: &mut Violations,
    field: &str,
    money: Option<&Money>,
    limits: Limits,
) -> Option<Amount> {
    if money.is_none() {
        bad.add(field, "must be given");
    }
    amount(bad, field, money, limits)
}

fn within(bad: &mut Violations, field: &str, value: Decimal, limits: Limits) -> bool {
    let most = Decimal::from(limits.most);
    let fits = limits.least.allows(value, most) && value <= most;
    if !fits {
        let (least, most) = (limits.least.name(), limits.most);
        bad.add(field, format!("must be {least}, at most {most}"));
    }
    let is_fine = value.normalize().scale() > limits.digits;
    if is_fine {
        let digits = limits.digits;
        bad.add(
            field,
            format!("must have at most {digits} digits after the point"),
        );
    }
    fits && !is_fine
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
        assert_eq!(read("0", PRICE), None);
        assert_eq!(read(&"9".repeat(60), PRICE), None);
    }

    #[test]
    fn nothing_has_no_percent() {
        assert_eq!(percent(Decimal::ONE, Decimal::ZERO), None);
        let third = percent(Decimal::ONE, Decimal::from(3));
        assert_eq!(shown_percent(third), "33.33");
        assert_eq!(shown_percent(Some(Decimal::from(5))), "5.00");
    }
}
