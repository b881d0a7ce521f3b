//! Addresses: street and number, as written in the West or in Chinese.

use super::fold::{fold, is_han};
use super::words::STREETS;

/// Streets are one when they are written so much alike.
const ALIKE: f64 = 0.75;
/// Chinese addresses name town and district too, so they must be more alike.
const HAN_ALIKE: f64 = 0.8;
const HAN_OTHER: f64 = 0.5;

/// An address ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// The house number, or every number of a Chinese address; empty when there is none.
    pub number: String,
    /// The street's own name without kind and direction, or the Chinese address whole.
    pub street: String,
    is_han: bool,
}

/// How two addresses compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    Other,
    OtherNumber,
    Same,
}

impl Address {
    /// None when nothing can be compared.
    pub fn read(text: &str) -> Option<Self> {
        let folded = fold(text);
        let address = match folded.chars().any(is_han) {
            true => han(&folded),
            false => western(&folded),
        };
        (!address.street.is_empty()).then_some(address)
    }

    fn likeness(&self, other: &Self) -> Likeness {
        if self.is_han != other.is_han {
            return Likeness::Other;
        }
        let alike = strsim::normalized_levenshtein(&self.street, &other.street);
        let is_street = alike >= if self.is_han { HAN_ALIKE } else { ALIKE };
        let is_number = !self.number.is_empty() && self.number == other.number;
        match (is_street, is_number) {
            (true, true) => Likeness::Same,
            (true, false) if self == other => Likeness::Same,
            (true, false) => Likeness::OtherNumber,
            (false, _) if self.is_han && alike >= HAN_OTHER => Likeness::OtherNumber,
            (false, _) => Likeness::Other,
        }
    }
}

/// The best likeness of any two; none when a side has none.
pub fn compare(a: &[Address], b: &[Address]) -> Option<Likeness> {
    let all = a.iter().flat_map(|x| b.iter().map(move |y| x.likeness(y)));
    all.max()
}

fn western(folded: &str) -> Address {
    let mut words = folded.split(' ').map(short).peekable();
    let number = words
        .next_if(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or_default();
    let mut street = Vec::new();
    for word in words {
        if STREETS.ends.contains(&word) {
            break;
        }
        if STREETS.kinds.contains(&word) {
            if street.is_empty() {
                continue;
            }
            break;
        }
        if !STREETS.directions.contains(&word) {
            street.push(word);
        }
    }
    Address {
        number,
        street: street.concat(),
        is_han: false,
    }
}

/// The short form of a word, and the plain number of an ordinal: `5th` and `fifth` are `5`.
fn short(word: &str) -> String {
    if let Some(short) = STREETS.short.get(word) {
        return short.clone();
    }
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .any(|end| word.strip_suffix(end) == Some(digits));
    match is_ordinal && digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        true => digits.to_owned(),
        false => word.to_owned(),
    }
}

fn han(folded: &str) -> Address {
    let numbers: Vec<&str> = folded
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .collect();
    Address {
        number: numbers.join(" "),
        street: folded.replace(' ', ""),
        is_han: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> Option<Likeness> {
        let read = |text| Address::read(text).into_iter().collect::<Vec<_>>();
        compare(&read(a), &read(b))
    }

    #[test]
    fn western_addresses_are_the_same_however_abbreviated() {
        use Likeness::{Other, OtherNumber, Same};
        for (a, b, expected) in [
            (
                "435 S. La Cienega Blv.",
                "435 s. la cienega boulevard",
                Same,
            ),
            (
                "854 7th ave. between 54th and 55th sts.",
                "854 Seventh Ave.",
                Same,
            ),
            ("1972 N. Hillhurst Ave.", "1972 hillhurst avenue", Same),
            ("100 Main St.", "200 Main Street", OtherNumber),
            ("100 Main St.", "100 Broadway", Other),
        ] {
            assert_eq!(likeness(a, b), Some(expected), "{a} / {b}");
        }
        assert_eq!(likeness("", "100 Main St."), None);
    }

    #[test]
    fn chinese_addresses_need_the_same_numbers() {
        let a = "上海市浦东新区世纪大道100号";
        assert_eq!(
            likeness(a, "上海浦东新区世纪大道１００号"),
            Some(Likeness::Same)
        );
        assert_eq!(
            likeness(a, "上海市浦东新区世纪大道8号"),
            Some(Likeness::OtherNumber)
        );
        assert_eq!(likeness(a, "广州天河路1号"), Some(Likeness::Other));
    }
}
