//! Names as they are compared: in one case and width, without blanks.

/// Where the full-width forms of ASCII begin and end, and how far from it they lie.
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';
const OFFSET: u32 = 0xfee0;

/// The text in lower case and half width without blanks.
pub fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(half_width)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The half-width form of a full-width letter, digit, sign or blank.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        c if FULL_WIDTH.contains(&c) => char::from_u32(u32::from(c) - OFFSET).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_width_and_blanks_make_no_difference() {
        for text in ["ABB China", "abb　china", "ABB CHINA", " Abb\tchina "] {
            assert_eq!(folded(text), "abbchina");
        }
        assert_eq!(folded("西门子(中国)"), "西门子(中国)");
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
