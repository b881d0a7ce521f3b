//! Which characters of a text people see.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Letters and symbols by their category, blank by their shape.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Whether anything is to be seen of the text.
pub fn has_visible(text: &str) -> bool {
    text.chars().any(is_visible)
}

/// Whether the text stays on one line and in the order in which it is written.
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(breaks_a_line)
}

/// Private and unassigned characters count as seen: rare Chinese names are written with them.
fn is_visible(c: char) -> bool {
    let is_shapeless = matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    );
    !is_shapeless && !BLANKS.contains(&c)
}

/// Control characters, separators of lines, and the embeddings, overrides and isolates of
/// the bidirectional algorithm (UAX 9), which make a name read as another one. The plain
/// marks of a direction are part of ordinary writing.
fn breaks_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
