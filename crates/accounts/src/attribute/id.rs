//! Ids that people choose and programs write down.

use std::fmt;
use std::str::FromStr;

use keynode_kit::name::NameError;
use serde::{Deserialize, Serialize};

const PREFIX: &str = "attributes/";

/// An attribute by its resource name.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct AttributeId(pub String);

/// What an id must be.
pub const SLUG: &str =
    "must be a lower-case letter, then lower-case letters, digits, `_` and `-`; at most 63";

/// Whether a text is such an id.
pub fn is_slug(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

impl fmt::Display for AttributeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl FromStr for AttributeId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_prefix(PREFIX)
            .filter(|id| is_slug(id))
            .map(|id| Self(id.to_owned()))
            .ok_or_else(|| NameError {
                expected: format!("{PREFIX}{{id}}"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug() {
        assert_eq!(
            "attributes/line-2_b".parse(),
            Ok(AttributeId("line-2_b".to_owned()))
        );
        for bad in [
            "attributes/",
            "attributes/2a",
            "attributes/长",
            "line",
            "attributes/A",
        ] {
            assert!(bad.parse::<AttributeId>().is_err(), "{bad}");
        }
        assert!(!is_slug(&"a".repeat(64)));
    }
}
