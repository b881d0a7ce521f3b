//! Attributes: what a tenant records of deals besides what every tenant does.

pub mod create;
pub mod read;
mod row;
pub mod update;
pub mod value;
pub mod values;

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{AttributeReferenceKind, AttributeType};

use crate::error::Error;

pub use self::row::declared;

const PREFIX: &str = "opportunityAttributes/";
/// Characters of a text at most, whatever the declaration says.
const MAX_TEXT: usize = 4000;
const MAX_OPTIONS: usize = 200;
const MAX_NAME: usize = 100;
const MAX_DESCRIPTION: usize = 1000;
const SLUG: &str =
    "must be a lower-case letter, then lower-case letters, digits, `_` and `-`; at most 63";

/// The resource name of the attribute with an id.
pub fn name(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// The id in a resource name, if it is one.
pub fn id_of(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).filter(|id| is_slug(id))
}

/// The id in the name that a request gives.
fn read_name(field: &str, name: &str) -> Result<String, Error> {
    let mut bad = Violations::default();
    let id = id_of(name);
    if id.is_none() {
        bad.add(field, format!("must be `{PREFIX}{{id}}`"));
    }
    bad.finish()?;
    Ok(id.unwrap_or_default().to_owned())
}

/// Whether a text can be an id that people choose and programs write down.
fn is_slug(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// What a caller declares, with nothing but what is declared; `before` is what was so far.
fn told(
    bad: &mut Violations,
    sent: &proto::Attribute,
    before: Option<&proto::Attribute>,
) -> proto::Attribute {
    let kind: AttributeType = bad.required_enum("attribute.type", sent.r#type);
    let reference = bad.optional_enum("attribute.reference_kind", sent.reference_kind);
    let display_name = text(
        bad,
        "attribute.display_name",
        sent.display_name.as_ref(),
        MAX_NAME,
    );
    require(bad, "attribute.display_name", &display_name);
    let field = "attribute.description";
    let description = text(bad, field, sent.description.as_ref(), MAX_DESCRIPTION);
    let known = before.map(|before| before.options.as_slice());
    let options = options(bad, &sent.options, known.unwrap_or_default());
    check_kind(bad, kind, reference, sent);
    proto::Attribute {
        display_name: Some(display_name),
        description: Some(description).filter(|text| *text != LocalizedText::default()),
        r#type: kind.into(),
        options,
        reference_kind: reference.into(),
        max_length: sent.max_length,
        archived: sent.archived,
        ..proto::Attribute::default()
    }
}

/// Each type of attribute has settings of its own, and only those.
fn check_kind(
    bad: &mut Violations,
    kind: AttributeType,
    reference: AttributeReferenceKind,
    sent: &proto::Attribute,
) {
    match (kind == AttributeType::Choice, sent.options.is_empty()) {
        (true, true) => bad.add("attribute.options", "must not be empty"),
        (false, false) => bad.add(
            "attribute.options",
            "must be empty unless the type is CHOICE",
        ),
        _ => {}
    }
    let is_unspecified = reference == AttributeReferenceKind::Unspecified;
    let field = "attribute.reference_kind";
    match (kind == AttributeType::Reference, is_unspecified) {
        (true, true) => bad.add(field, "must be specified"),
        (false, false) => bad.add(field, "must be unspecified unless the type is REFERENCE"),
        _ => {}
    }
    let field = "attribute.max_length";
    if kind == AttributeType::Text {
        bad.range(field, sent.max_length.into(), 0..=MAX_TEXT as i64);
    } else if sent.max_length != 0 {
        bad.add(field, "must be 0 unless the type is TEXT");
    }
}

/// What may be chosen. Options come and are archived, but never go.
fn options(
    bad: &mut Violations,
    sent: &[proto::AttributeOption],
    before: &[proto::AttributeOption],
) -> Vec<proto::AttributeOption> {
    if sent.len() > MAX_OPTIONS {
        bad.add(
            "attribute.options",
            format!("must be at most {MAX_OPTIONS}"),
        );
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut read = Vec::new();
    for (n, option) in sent.iter().enumerate() {
        let field = format!("attribute.options[{n}]");
        if !is_slug(&option.id) {
            bad.add(format!("{field}.id"), SLUG);
        } else if !seen.insert(option.id.as_str()) {
            bad.add(format!("{field}.id"), "must not be there twice");
        }
        let at = format!("{field}.display_name");
        let display_name = text(bad, &at, option.display_name.as_ref(), MAX_NAME);
        require(bad, &at, &display_name);
        read.push(proto::AttributeOption {
            id: option.id.clone(),
            display_name: Some(display_name),
            archived: option.archived,
        });
    }
    for gone in before.iter().filter(|it| !seen.contains(it.id.as_str())) {
        let why = format!("must still have `{}`; archive it instead", gone.id);
        bad.add("attribute.options", why);
    }
    read
}

/// Chinese and English, each of at most `max` characters.
fn text(
    bad: &mut Violations,
    field: &str,
    sent: Option<&LocalizedText>,
    max: usize,
) -> LocalizedText {
    let sent = sent.cloned().unwrap_or_default();
    LocalizedText {
        zh_cn: bad.text(&format!("{field}.zh_cn"), &sent.zh_cn, max),
        en: bad.text(&format!("{field}.en"), &sent.en, max),
    }
}

fn require(bad: &mut Violations, field: &str, text: &LocalizedText) {
    for (language, text) in [("zh_cn", &text.zh_cn), ("en", &text.en)] {
        if text.is_empty() {
            bad.add(format!("{field}.{language}"), "must not be empty");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug() {
        assert_eq!(id_of("opportunityAttributes/line-2_b"), Some("line-2_b"));
        for bad in [
            "opportunityAttributes/",
            "opportunityAttributes/2a",
            "line",
            "attributes/a",
        ] {
            assert_eq!(id_of(bad), None, "{bad}");
        }
        assert!(!is_slug(&"a".repeat(64)) && !is_slug("长"));
    }
}
