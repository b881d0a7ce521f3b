//! Text as it is compared: without width, case, accents and punctuation.

use unicode_normalization::UnicodeNormalization as _;

/// Folding again may compose what folding put side by side; no text needs more turns.
const TURNS: usize = 8;

/// The words of a text in small letters, one blank between them. Full-width letters become
/// plain ones, accents on Latin letters and what is invisible go, an apostrophe joins, all
/// else that is neither letter nor digit parts words.
pub fn fold(text: &str) -> String {
    let mut folded = turn(text);
    for _ in 1..TURNS {
        let next = turn(&folded);
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// The same without blanks: how Chinese is compared, and what search looks through.
pub fn compact(text: &str) -> String {
    fold(&fold(text).replace(' ', ""))
}

/// Whether a character is a Chinese one.
pub fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn turn(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_accent(*c) && !is_joint(*c) && !is_invisible(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_accent(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// What is never drawn (Default_Ignorable_Code_Point): it comes along when text is copied, and
/// parts no words.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xe0000..=0xe0fff)
}

fn is_joint(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '`')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_accents_and_punctuation_do_not_matter() {
        assert_eq!(fold("ＡＢＣ　（集团）"), "abc 集团");
        assert_eq!(fold("Café  Straße, Inc."), "cafe strasse inc");
        assert_eq!(fold("Arnie Morton's"), "arnie mortons");
        assert_eq!(compact("三 力 士"), "三力士");
    }

    #[test]
    fn composed_and_decomposed_letters_are_one() {
        for (composed, decomposed) in [
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("Zolt\u{e1}n", "Zolta\u{301}n"),
            ("\u{c5}ngstr\u{f6}m", "A\u{30a}ngstro\u{308}m"),
            ("\u{212b}ngstr\u{f6}m", "Angstrom"),
            (
                "\u{d55c}\u{ad6d}",
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}",
            ),
            ("\u{30ac}\u{30b9}", "\u{30ab}\u{3099}\u{30b9}"),
        ] {
            assert_eq!(fold(composed), fold(decomposed), "{composed}");
        }
        assert_eq!(fold("Zoltán"), "zoltan");
    }

    #[test]
    fn what_is_invisible_does_not_matter() {
        assert_eq!(
            fold("\u{feff}Sie\u{ad}mens\u{200b} \u{202e}AG"),
            "siemens ag"
        );
        assert_eq!(fold("宏\u{200b}远\u{fe0f}重工"), "宏远重工");
        assert_eq!(compact("\u{200b}\u{2060}\u{3164}"), "");
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
            prop_assert_eq!(compact(&compact(&text)), compact(&text));
        }

        #[test]
        fn any_script_is_folded(text in "[\u{300}-\u{36f}\u{5d0}-\u{5ea}\u{600}-\u{6ff}\u{3040}-\u{30ff}\u{ac00}-\u{ac20}\u{1f600}-\u{1f64f}a-zＡ-Ｚ中-丰İßΣςﬁ*' ]{0,24}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
