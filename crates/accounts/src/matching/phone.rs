//! Telephone numbers: the national number, however the country, the area and the extension
//! are written.

/// Fewer digits are no number.
const FEWEST: usize = 7;
/// With the area code, a Chinese number and most others have so many digits.
const WITH_AREA: usize = 9;
/// An extension has at most so many.
const LONGEST_EXTENSION: usize = 5;
const CHINA: &str = "86";
/// What stands before an extension, folded; `#` and `x` only behind a digit.
const EXTENSIONS: [&str; 7] = ["转", "轉", "分机", "内线", "ext", "x", "#"];
/// What may stand between two numbers.
const BETWEEN: [char; 7] = [';', ',', '、', '/', '\n', '|', '或'];
/// Country codes of one digit and those of two (ITU-T E.164); all others have three.
const ONE_DIGIT: [&str; 2] = ["1", "7"];
const TWO_DIGITS: [&str; 42] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94",
];
const MORE_TWO_DIGITS: [&str; 2] = ["95", "98"];

/// A number ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The country's code, where it was written.
    country: Option<String>,
    /// Digits without country, leading zeros and extension.
    national: String,
}

/// The numbers in a text; none when there are too few digits.
pub fn read(text: &str) -> Vec<Phone> {
    let plain = plain(text);
    let parts: Vec<&str> = plain.split(BETWEEN).collect();
    // An area code may stand before a stroke: 310/246-1501 is one number.
    let is_list = parts
        .first()
        .is_some_and(|first| digits(first).len() >= FEWEST);
    match is_list {
        true => parts.into_iter().filter_map(one).collect(),
        false => one(&plain).into_iter().collect(),
    }
}

/// The end by which numbers are found: the same with and without codes.
pub fn tail(phone: &Phone) -> &str {
    let digits = phone.national.as_str();
    let start = digits.len().saturating_sub(FEWEST);
    digits.get(start..).unwrap_or(digits)
}

/// Whether any number of one side is one of the other's; none when a side has none.
pub fn compare(a: &[Phone], b: &[Phone]) -> Option<bool> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    Some(a.iter().any(|x| b.iter().any(|y| x.is_one_with(y))))
}

impl Phone {
    /// An area or a country may be left out on one side.
    fn is_one_with(&self, other: &Self) -> bool {
        let is_elsewhere = matches!((&self.country, &other.country), (Some(x), Some(y)) if x != y);
        let (x, y) = (self.national.as_str(), other.national.as_str());
        !is_elsewhere && (x.ends_with(y) || y.ends_with(x))
    }
}

/// Full-width characters made plain, dashes of all kinds alike, nothing invisible.
fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let alike = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '~' => '-',
        other => other,
    };
    text.nfkc()
        .flat_map(char::to_lowercase)
        .map(alike)
        .collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn one(text: &str) -> Option<Phone> {
    let base = without_marked_extension(text);
    let base = without_bare_extension(base);
    let phone = number(base);
    (phone.national.len() >= FEWEST).then_some(phone)
}

/// Without what `转`, `ext.` or `#` leads to, where a number stands before it.
fn without_marked_extension(text: &str) -> &str {
    let bases = EXTENSIONS.iter().filter_map(|mark| text.split_once(mark));
    bases
        .map(|(base, _)| base)
        .filter(|base| digits(base).len() >= FEWEST)
        .min_by_key(|base| base.len())
        .unwrap_or(text)
}

/// Without a last group of digits after a hyphen, where the number is whole without it.
fn without_bare_extension(text: &str) -> &str {
    let Some((base, last)) = text.rsplit_once('-') else {
        return text;
    };
    let group = base
        .rsplit(|c: char| !c.is_ascii_digit())
        .find(|group| !group.is_empty());
    let is_whole = group.is_some_and(|group| group.len() >= FEWEST)
        || (has_codes(base) && number(base).national.len() >= WITH_AREA);
    let last = digits(last).len();
    match is_whole && (1..=LONGEST_EXTENSION).contains(&last) {
        true => base,
        false => text,
    }
}

/// Whether country or area are written, so that the length tells what is whole.
fn has_codes(text: &str) -> bool {
    text.contains('+') || digits(text).starts_with('0')
}

fn number(text: &str) -> Phone {
    let all = digits(text);
    let first = text.chars().find(|c| *c == '+' || c.is_ascii_digit());
    let is_abroad = first == Some('+');
    let after_codes = match (is_abroad, all.strip_prefix("00")) {
        (true, _) => Some(all.as_str()),
        (false, Some(rest)) => Some(rest),
        // 86 without a plus: no Chinese number begins so and is so long.
        (false, None) => Some(all.as_str())
            .filter(|all| all.starts_with(CHINA) && all.len() > CHINA.len() + WITH_AREA),
    };
    let (country, national) = match after_codes.and_then(country) {
        Some((country, national)) => (Some(country.to_owned()), national),
        None => (None, all.as_str()),
    };
    Phone {
        country,
        national: national.trim_start_matches('0').to_owned(),
    }
}

/// The country's code, and what follows it.
fn country(digits: &str) -> Option<(&str, &str)> {
    let starts = |codes: &[&str]| codes.iter().any(|code| digits.starts_with(code));
    let length = match () {
        () if starts(&ONE_DIGIT) => 1,
        () if starts(&TWO_DIGITS) || starts(&MORE_TWO_DIGITS) => 2,
        () => 3,
    };
    digits.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_same(a: &str, b: &str) -> Option<bool> {
        compare(&read(a), &read(b))
    }

    #[test]
    fn codes_extensions_and_signs_do_not_matter() {
        for (a, b) in [
            ("+86 (10) 6505-1234", "６５０５１２３４"),
            ("+86 24 2580 0000", "024-2580 0000"),
            ("+86 24 2580 0000", "02425800000"),
            ("0086-24-25800000", "024 25800000"),
            ("86 24 25800000", "024 25800000"),
            ("+86 (0)24 2580 0000", "25800000"),
            ("(024)25801111-808", "024-25801111"),
            ("024-2580 1111-808", "024-25801111"),
            ("024-25801111转808", "+86 24 25801111 ext. 12"),
            ("024-25801111 分机 808", "25801111#9"),
            ("+86 138 1234 5678", "13812345678"),
            ("013812345678", "+8613812345678"),
            ("+44 (0)20 7946 0958", "020 7946 0958"),
            ("0044 20 7946 0958", "+44 20 7946-0958"),
            ("+1 310 246-1501", "310/246-1501"),
            ("+49 30 1234567-89", "030 1234567"),
            ("+39 06 6982 1234", "06 69821234"),
            ("024-25800000 / 138 1234 5678", "13812345678"),
        ] {
            assert_eq!(is_same(a, b), Some(true), "{a} / {b}");
            let (one, other) = (read(a), read(b));
            let shares = |x: &Phone| other.iter().any(|y| tail(x) == tail(y));
            assert!(one.iter().any(shares), "{a} / {b} are not found");
        }
    }

    #[test]
    fn other_numbers_stay_other() {
        for (a, b) in [
            ("+86 755 2650-1234", "+86 755 2650-9999"),
            ("010-6505-1234", "010-6505-9999"),
            ("+86 24 2580 0000", "+86 25 2580 0000"),
            ("+44 20 7946 0958", "+49 20 7946 0958"),
            ("310/246-1501", "310/246-1502"),
        ] {
            assert_eq!(is_same(a, b), Some(false), "{a} / {b}");
        }
        assert_eq!(is_same("ext. 12", "65051234"), None);
        assert_eq!(is_same("", "65051234"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_is_itself(text in "[-+() 0-9转x#/,]{0,30}|\\PC{0,20}") {
            let read = read(&text);
            prop_assert!(read.iter().all(|phone| tail(phone).len() == FEWEST));
            prop_assert!(read.is_empty() || compare(&read, &read) == Some(true));
        }
    }
}
