//! What e-mail addresses and telephone numbers look like. Only the form is checked.

use std::ops::RangeInclusive;

use crate::folded::half_width;

/// Something before the last `@`, and at least two labels after it.
pub fn is_email(text: &str) -> bool {
    let has_gap = text.chars().any(|c| c.is_whitespace() || c.is_control());
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !has_gap
        && !name.is_empty()
        && !name.contains('@')
        && domain.split('.').count() > 1
        && domain.split('.').all(|label| !label.is_empty())
}

/// How strictly a telephone number is written.
#[derive(Debug)]
pub struct Notation {
    digits: RangeInclusive<usize>,
    /// What may stand between the digits.
    signs: &'static str,
    /// What may stand for an extension.
    words: &'static [&'static str],
    /// Whether letters, digits and signs may be of full width.
    is_wide: bool,
    /// Whether `+` stands at the beginning only.
    has_leading_plus: bool,
}

/// As people write numbers down, extensions included.
pub const WRITTEN: Notation = Notation {
    digits: 3..=30,
    signs: " +-()./#*,;:",
    words: &["分机", "转", "ext", "x"],
    is_wide: true,
    has_leading_plus: false,
};

/// As a machine can dial it.
pub const DIALLED: Notation = Notation {
    digits: 3..=20,
    signs: " -()",
    words: &[],
    is_wide: false,
    has_leading_plus: true,
};

/// Whether a text is a telephone number of that notation.
pub fn is_number(text: &str, notation: &Notation) -> bool {
    let text = match notation.has_leading_plus {
        true => text.strip_prefix('+').unwrap_or(text),
        false => text,
    };
    let narrow = match notation.is_wide {
        true => text.to_lowercase().chars().map(half_width).collect(),
        false => text.to_owned(),
    };
    let plain = (notation.words.iter()).fold(narrow, |text, word| text.replace(word, " "));
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    notation.digits.contains(&digits)
        && plain
            .chars()
            .all(|c| c.is_ascii_digit() || notation.signs.contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_has_the_shape_of_one() {
        for good in [
            "a@b.cn",
            "zhang.san+x@mail.example.com",
            "张三@例子.中国",
            "a+b@c.d.e",
        ] {
            assert!(is_email(good), "{good}");
        }
        for none in [
            "", "a", "a@b", "@b.cn", "a@", "a b@c.cn", "a@@b.cn", "a@b..cn", "a@.cn", "a@b.cn\n",
        ] {
            assert!(!is_email(none), "{none:?}");
        }
    }

    #[test]
    fn a_written_number_has_digits_and_the_usual_signs() {
        let good = [
            "110",
            "+86 951 123-4567",
            "(0951)1234567转8001",
            "138 0000 0000",
            "13800",
            "\u{ff08}\u{ff10}951\u{ff09}1234567\u{ff0d}8",
            "0951\u{3000}1234567",
            "555.1234 ext. 12",
        ];
        for good in good {
            assert!(is_number(good, &WRITTEN), "{good}");
        }
        for none in ["12", "call me", "123abc", "+", &"1".repeat(31)] {
            assert!(!is_number(none, &WRITTEN), "{none}");
        }
    }

    #[test]
    fn a_number_to_dial_has_digits_and_little_else() {
        for good in ["+86 138-0013-8000", "(010) 6554 1234", "110"] {
            assert!(is_number(good, &DIALLED), "{good}");
        }
        for bad in [
            "",
            "12",
            "+",
            "1+1000",
            "138x",
            "0951 1234567转8001",
            "123456789012345678901",
            "１３８００",
        ] {
            assert!(!is_number(bad, &DIALLED), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn digits_alone_are_a_number_if_they_are_neither_few_nor_many(number in "[0-9]{0,40}") {
            prop_assert_eq!(is_number(&number, &WRITTEN), (3..=30).contains(&number.len()));
            prop_assert_eq!(is_number(&number, &DIALLED), (3..=20).contains(&number.len()));
        }

        #[test]
        fn what_can_be_dialled_can_be_written(number in "\\+?[-0-9 ()]{0,24}") {
            prop_assert!(!is_number(&number, &DIALLED) || is_number(&number, &WRITTEN));
        }
    }
}
