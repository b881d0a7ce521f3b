//! Which characters of a text people see.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Letters and symbols by their category, blank by their shape.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Whether anything is to be seen of the text.
pub fn has_visible(text: &str) -> bool {
    text.chars().any(is_visible)
}

/// Whether the text stays on one line.
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(breaks_a_line)
}

/// The first character that nobody sees, though it makes the text another one.
pub fn hidden(text: &str) -> Option<char> {
    text.chars().find(|c| is_hidden(*c))
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

/// Control characters and separators of lines.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without width, and those that turn the direction of writing (UAX 9): with
/// them a name looks like another one. Variation selectors are none of them, because they
/// choose between forms of a Chinese character; nor are combining marks.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
