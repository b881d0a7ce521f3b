//! Secrets of an installation of its own: made once, kept beside its data.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use keynode_kit::config::Secret;

use crate::settings::Settings;

const NAMES: [&str; 5] = ["service", "accounts", "pipeline", "scoring", "notification"];

/// Puts the installation's secrets into the settings where none is set.
pub fn fill(data: &Path, settings: &mut Settings) -> anyhow::Result<()> {
    let kept = read_or_make(&data.join("secrets.toml"))?;
    let passwords = &mut settings.database.passwords;
    let places = [
        ("service", &mut settings.auth.service_secret),
        ("accounts", &mut passwords.accounts),
        ("pipeline", &mut passwords.pipeline),
        ("scoring", &mut passwords.scoring),
        ("notification", &mut passwords.notification),
    ];
    for (name, place) in places {
        if let Some(secret) = kept.get(name).filter(|_| !place.is_set()) {
            *place = Secret::from(secret.clone());
        }
    }
    Ok(())
}

fn read_or_make(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("{} is damaged", path.display())),
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
