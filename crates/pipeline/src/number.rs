//! Decimal numbers as callers write them, and as the database keeps them in documents.

use rust_decimal::Decimal;

/// A decimal number of at most so many digits before and after the point, without needless
/// zeros; the parser of the library takes more.
pub fn parse(text: &str, most_whole: usize, most_fraction: usize) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_digits(whole, most_whole) || !is_digits(fraction, most_fraction) {
        return None;
    }
    let number: Decimal = text.trim_start_matches('+').parse().ok()?;
    match number.is_zero() {
        true => Some(Decimal::ZERO),
        false => Some(number.normalize()),
    }
}

/// Numbers in JSON as text: a JSON number could pass through a float.
pub mod text {
    use rust_decimal::Decimal;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(number: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&number.to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_digits_and_nothing_else() {
        for (text, read) in [
            ("-12.50", "-12.5"),
            ("+7", "7"),
            ("007", "7"),
            ("-0.0", "0"),
        ] {
            assert_eq!(parse(text, 18, 9).unwrap().to_string(), read, "{text}");
        }
        for bad in [
            "", "-", ".5", "5.", "1_0", "1e3", "١", " 1", "--1", "0.12345", "1000",
        ] {
            assert_eq!(parse(bad, 3, 4), None, "{bad}");
        }
    }
}
