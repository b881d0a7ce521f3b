//! The currencies that sums of money may be in, and their smallest units.

use rust_decimal::{Decimal, RoundingStrategy};

/// ISO 4217, list one, without metals, units of account of banks, test codes and "no
/// currency"; and those withdrawn since 2020, because older records are imported. In order.
const CODES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD",
    "CAD", "CDF", "CHE", "CHF", "CHW", "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP",
    "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP",
    "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR",
    "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG",
    "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN", "UYI", "UYU", "UYW", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
    "ZWL",
];

/// Currencies whose smallest unit is not a hundredth, with the digits after the point (ISO 4217;
/// those whose hundredths nobody can pay any more keep what the standard says).
const DIGITS: &[(&str, u32)] = &[
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
];

/// Digits after the point of the smallest unit: 2 for CNY, 0 for JPY, 3 for KWD.
pub fn minor_digits(code: &str) -> u32 {
    DIGITS
        .binary_search_by_key(&code, |(known, _)| known)
        .ok()
        .and_then(|n| DIGITS.get(n))
        .map_or(2, |(_, digits)| *digits)
}

/// A sum to the smallest unit of its currency, half of one away from zero.
pub fn round(code: &str, amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(minor_digits(code), RoundingStrategy::MidpointAwayFromZero)
}

/// Whether there is, or lately was, such a currency.
pub fn is_known(code: &str) -> bool {
    CODES.binary_search(&code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_in_order_and_each_is_there_once() {
        assert!(CODES.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn sums_are_rounded_to_what_can_be_paid() {
        assert!(DIGITS.is_sorted_by(|earlier, later| earlier.0 < later.0));
        assert!(DIGITS.iter().all(|(code, _)| is_known(code)));
        for (code, amount, rounded) in [
            ("CNY", "1.005", "1.01"),
            ("CNY", "-1.005", "-1.01"),
            ("JPY", "1.5", "2"),
            ("KWD", "1.0004", "1"),
            ("KWD", "1.0005", "1.001"),
        ] {
            let amount: Decimal = amount.parse().unwrap();
            let rounded: Decimal = rounded.parse().unwrap();
            assert_eq!(round(code, amount), rounded, "{code}");
        }
    }

    #[test]
    fn what_looks_like_a_code_need_not_be_one() {
        assert!(
            ["CNY", "USD", "EUR", "HKD", "JPY"]
                .into_iter()
                .all(is_known)
        );
        for code in ["ZZZ", "RMB", "XXX", "XTS", "XAU", "cny", "CN", ""] {
            assert!(!is_known(code), "{code}");
        }
    }
}
