//! Secrets of an installation of its own: made once, kept beside its data.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use keynode_kit::config::Secret;

use crate::settings::Settings;

const WAY_OUT: &str = "restore it from a backup, or remove it and new secrets are made";

const NAMES: [&str; 5] = ["service", "accounts", "pipeline", "scoring", "notification"];

/// Puts the installation's secrets into the settings where none is set.
pub fn fill(data: &Path, settings: &mut Settings) -> anyhow::Result<()> {
    let path = data.join("secrets.toml");
    let kept = read_or_make(&path)?;
    let passwords = &mut settings.database.passwords;
    let places = [
        ("service", &mut settings.auth.service_secret),
        ("accounts", &mut passwords.accounts),
        ("pipeline", &mut passwords.pipeline),
        ("scoring", &mut passwords.scoring),
        ("notification", &mut passwords.notification),
    ];
    for (name, place) in places.into_iter().filter(|(_, place)| !place.is_set()) {
        let secret = kept.get(name).filter(|secret| !secret.trim().is_empty());
        let secret = secret.with_context(|| {
            format!(
                "`{name}` in {} is missing or empty; {WAY_OUT}",
                path.display()
            )
        })?;
        *place = Secret::from(secret.clone());
    }
    Ok(())
}

fn read_or_make(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let made: BTreeMap<String, String> = NAMES
                .iter()
                .map(|name| ((*name).to_owned(), random()))
                .collect();
            write_private(path, &toml::to_string(&made)?)?;
            Ok(made)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The error names the line only: the parser's own words quote it, secret and all.
fn parse(text: &str, path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().map_or(0, |span| span.start);
        let breaks = text.bytes().take(before).filter(|byte| *byte == b'\n');
        anyhow!(
            "{} is damaged at line {}; {WAY_OUT}",
            path.display(),
            breaks.count() + 1
        )
    })
}

/// 256 random bits.
fn random() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file that only its owner reads, whole or not at all.
pub fn write_private(path: &Path, content: &str) -> anyhow::Result<()> {
    let aside = path.with_extension("new");
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DEFAULTS;

    fn filled(content: &str) -> anyhow::Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secrets.toml"), content).unwrap();
        let mut settings = keynode_kit::config::load_from(DEFAULTS, None, [], []).unwrap();
        fill(folder.path(), &mut settings).map(|()| settings)
    }

    #[test]
    fn a_damaged_file_is_named_by_line_and_its_secrets_are_not_told() {
        for damaged in [
            "accounts = \"hunter2\"\nservice = \"hunter2\npipeline = 1",
            "accounts = \"x\"\nservice = [\"hunter2\"]",
        ] {
            let said = format!("{:#}", filled(damaged).unwrap_err());
            assert!(!said.contains("hunter2"), "{said}");
            assert!(
                said.contains("secrets.toml") && said.contains("line 2"),
                "{said}"
            );
        }
    }

    #[test]
    fn an_empty_secret_is_named_with_its_file() {
        let said = filled("service = \"s\"\naccounts = \"\"")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("`accounts`") && said.contains("secrets.toml"),
            "{said}"
        );
    }

    #[test]
    fn secrets_are_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let load = || {
            let mut settings: Settings =
                keynode_kit::config::load_from(DEFAULTS, None, [], []).unwrap();
            fill(folder.path(), &mut settings).unwrap();
            settings.auth.service_secret.expose().to_owned()
        };
        let made = load();
        assert_eq!((made.len(), load()), (64, made));
    }
}
