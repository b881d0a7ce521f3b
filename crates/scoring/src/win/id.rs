//! Names of win models and their versions.

use std::fmt;
use std::str::FromStr;

use keynode_kit::name::NameError;
use keynode_kit::validate::Violations;

use crate::slug;

const COLLECTION: &str = "winModels/";
const VERSIONS: &str = "/versions/";

/// The key of a win model, chosen by who trains it; displays as its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WinModelId(String);

/// A version of a win model; displays as its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionName {
    pub model: WinModelId,
    pub version: i32,
}

/// Which version a caller means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Production,
    Newest(WinModelId),
    Version(VersionName),
}

impl WinModelId {
    /// A key that was read from the table.
    pub(super) fn stored(id: String) -> Self {
        Self(id)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name from a request; none when it is bad, which is noted.
    pub(super) fn read(bad: &mut Violations, field: &str, name: &str) -> Option<Self> {
        noted(bad, field, name.parse())
    }
}

impl VersionName {
    pub(super) fn read(bad: &mut Violations, field: &str, name: &str) -> Option<Self> {
        noted(bad, field, name.parse())
    }
}

impl Chosen {
    pub fn read(bad: &mut Violations, field: &str, name: &str) -> Option<Self> {
        if name.is_empty() {
            return Some(Self::Production);
        }
        if name.contains(VERSIONS) {
            return VersionName::read(bad, field, name).map(Self::Version);
        }
        WinModelId::read(bad, field, name).map(Self::Newest)
    }
}

fn noted<T>(bad: &mut Violations, field: &str, parsed: Result<T, NameError>) -> Option<T> {
    parsed
        .map_err(|NameError { expected }| {
            let why = format!(
                "must be `{expected}`: lower-case letters, digits and hyphens, a letter first, at most {}",
                slug::MAX
            );
            bad.add(field, why);
        })
        .ok()
}

impl FromStr for WinModelId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        name.strip_prefix(COLLECTION)
            .filter(|id| slug::is_slug(id))
            .map(|id| Self(id.to_owned()))
            .ok_or_else(|| NameError {
                expected: format!("{COLLECTION}{{id}}"),
            })
    }
}

impl FromStr for VersionName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let read = || {
            let (model, version) = name.split_once(VERSIONS)?;
            let is_plain = version.bytes().all(|b| b.is_ascii_digit()) && !version.starts_with('0');
            Some(Self {
                model: model.parse().ok()?,
                version: version.parse().ok().filter(|_| is_plain)?,
            })
        };
        read().ok_or_else(|| NameError {
            expected: format!("{COLLECTION}{{id}}{VERSIONS}{{number}}"),
        })
    }
}

impl fmt::Display for WinModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{COLLECTION}{}", self.0)
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{VERSIONS}{}", self.model, self.version)
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Production => f.write_str("winModels/-"),
            Self::Newest(model) => model.fmt(f),
            Self::Version(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_displayed() {
        for name in ["winModels/a/versions/1", "winModels/try-2/versions/40"] {
            assert_eq!(name.parse::<VersionName>().unwrap().to_string(), name);
        }
        let id: WinModelId = "winModels/try-2".parse().unwrap();
        assert_eq!(
            (id.as_str(), id.to_string().as_str()),
            ("try-2", "winModels/try-2")
        );
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "winModels/a/versions/0",
            "winModels/a/versions/01",
            "winModels/a/versions/-1",
            "winModels/a/versions/",
            "winModels/A/versions/1",
            "winModels/a/versions/99999999999",
            "winModels/a",
        ] {
            assert!(name.parse::<VersionName>().is_err(), "{name}");
        }
        assert!("winModels/a/versions/1".parse::<WinModelId>().is_err());
    }

    #[test]
    fn what_is_meant_follows_from_the_form() {
        let read = |name: &str| {
            let mut bad = Violations::default();
            Chosen::read(&mut bad, "model", name).map(|chosen| chosen.to_string())
        };
        assert_eq!(read("").as_deref(), Some("winModels/-"));
        assert_eq!(read("winModels/a").as_deref(), Some("winModels/a"));
        assert_eq!(
            read("winModels/a/versions/3").as_deref(),
            Some("winModels/a/versions/3")
        );
        assert_eq!(read("winModels/a/versions/x"), None);
    }
}
