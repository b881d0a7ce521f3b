//! Whether the words of a territory fit what an account says of itself.

/// Whether `text` contains `word`; both in lower case. Letters must be whole words, so that
/// `iran` is not found in `tirana`; Chinese is written without blanks and needs no borders.
pub fn contains(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        let (before, rest) = text.split_at_checked(start).unwrap_or_default();
        let after = rest.strip_prefix(found).unwrap_or_default();
        is_border(before.chars().next_back(), found.chars().next())
            && is_border(found.chars().next_back(), after.chars().next())
    })
}

/// Whether a word may end between these two characters.
fn is_border(left: Option<char>, right: Option<char>) -> bool {
    !left.is_some_and(is_lettered) || !right.is_some_and(is_lettered)
}

/// A letter or digit of a script that sets blanks between words.
fn is_lettered(c: char) -> bool {
    let is_blankless =
        matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    c.is_alphanumeric() && !is_blankless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_as_whole_words_and_chinese_anywhere() {
        for (text, word) in [
            ("ningxia", "ningxia"),
            ("yinchuan, ningxia", "ningxia"),
            ("new york", "new york"),
            ("宁夏回族自治区银川市", "银川"),
            ("中国ningxia", "ningxia"),
            ("tirana iran", "iran"),
            ("são paulo", "são"),
        ] {
            assert!(contains(text, word), "{text} {word}");
        }
        for (text, word) in [
            ("tirana", "iran"),
            ("ningxia2", "ningxia"),
            ("银行", "银川"),
            ("", "银川"),
            ("zürich", "rich"),
        ] {
            assert!(!contains(text, word), "{text} {word}");
        }
    }
}
