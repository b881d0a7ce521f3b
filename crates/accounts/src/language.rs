//! Language tags (BCP 47), checked for their shape and brought into their usual case.

use keynode_kit::validate::Violations;

/// RFC 5646 gives no limit; registries of language tags hold none that is longer.
const LONGEST: usize = 35;

/// A well-formed tag in its usual case, or nothing.
pub fn read(field: &str, sent: &str, bad: &mut Violations) -> String {
    let tag = bad.text(field, sent, LONGEST);
    if tag.is_empty() {
        return tag;
    }
    canonical(&tag).unwrap_or_else(|| {
        bad.add(field, "must be a BCP 47 language tag, e.g. `zh-CN`");
        tag
    })
}

/// `zh-hans-cn` → `zh-Hans-CN`; none when the tag is not well-formed.
fn canonical(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let language = parts.next().filter(|part| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
    })?;
    let mut canonical = language.to_ascii_lowercase();
    let mut is_open = false;
    for part in parts {
        if !(1..=8).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        canonical.push('-');
        canonical.push_str(&in_usual_case(part, is_open));
        // A single letter opens an extension, whose own parts are of any length.
        is_open = is_open || part.len() == 1;
    }
    (tag.rsplit('-').next()?.len() > 1).then_some(canonical)
}

fn in_usual_case(part: &str, is_extension: bool) -> String {
    let mut letters = part.chars();
    match (part.len(), letters.next()) {
        (2, Some(_)) if !is_extension => part.to_ascii_uppercase(),
        (4, Some(first)) if !is_extension => {
            format!(
                "{}{}",
                first.to_ascii_uppercase(),
                letters.as_str().to_ascii_lowercase()
            )
        }
        _ => part.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_brought_into_their_usual_case() {
        for (tag, usual) in [
            ("ZH-cn", "zh-CN"),
            ("en", "en"),
            ("zh-hans-cn", "zh-Hans-CN"),
            ("de-1996", "de-1996"),
            ("sl-rozaj-biske", "sl-rozaj-biske"),
            ("en-u-CA-buddhist", "en-u-ca-buddhist"),
        ] {
            assert_eq!(canonical(tag).as_deref(), Some(usual));
        }
    }

    #[test]
    fn a_tag_has_the_shape_of_bcp_47() {
        for none in [
            "z",
            "zh_CN",
            "中文",
            "zh-",
            "-CN",
            "zh--CN",
            "12",
            "123",
            "toolongtag",
            "zh-toolongpart",
            "zh-x",
        ] {
            assert_eq!(canonical(none), None, "{none}");
        }
    }
}
