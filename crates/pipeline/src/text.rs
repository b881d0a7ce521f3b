//! Texts that requests may leave out.

use keynode_kit::validate::Violations;

/// Words, or nothing: at most `max` characters, with something to see if there are any.
pub fn words(bad: &mut Violations, field: &str, value: &str, max: usize) -> String {
    match value.trim().is_empty() {
        true => String::new(),
        false => bad.required_text(field, value, max),
    }
}
