//! Ids that people choose: `example`, `key-account-2`.

/// Characters at most.
pub(crate) const MAX: usize = 63;

/// Whether the text is lower-case letters, digits and hyphens, a letter first, at most [`MAX`].
pub(crate) fn is_slug(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.len() <= MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(fits)
}
