//! Which Postgres to run, in a fixed order: the one named by `KEYNODE_PG_BIN`, the newest
//! installed, the pinned archive.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::archive::{self, Archive};
use super::installation::Installation;
use super::{Error, RunAs};

/// Where systems put Postgres: a parent, and what follows the version's folder.
const SYSTEM: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
];

/// Where to look; tests look elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The explicit choice: a folder or the `postgres` in it.
    pub(crate) pg_bin: Option<PathBuf>,
    /// Folders that may hold a `postgres`.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) archive: archive::Places,
}

impl Places {
    pub(crate) fn of_this_machine(archive: archive::Places) -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        Self {
            pg_bin: env::var_os("KEYNODE_PG_BIN")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from),
            folders: env::split_paths(&path)
                .filter(|folder| folder.is_absolute())
                .chain(
                    SYSTEM
                        .iter()
                        .flat_map(|(parent, prefix, bin)| versions(parent, prefix, bin)),
                )
                .collect(),
            archive,
        }
    }
}

/// What was taken, and a sentence that says so.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) installation: Installation,
    pub(crate) sentence: String,
}

/// Finds a Postgres for the cluster at `path`, whose major version is `wanted`
/// if it exists already.
pub(crate) async fn find(
    places: &Places,
    path: &Path,
    wanted: Option<u32>,
    run_as: &RunAs,
) -> Result<Found, Error> {
    if let Some(pg_bin) = &places.pg_bin {
        return named(pg_bin, path, wanted, run_as).await;
    }
    let mut tried = vec!["KEYNODE_PG_BIN: not set".to_owned()];
    let installed = installed(&places.folders, run_as, &mut tried).await;
    if let Some(newest) = newest(&installed, wanted) {
        let sentence = format!(
            "Postgres {}, installed in {}",
            newest.version,
            newest.bin.display()
        );
        return Ok(Found {
            installation: newest.clone(),
            sentence,
        });
    }
    if let Some(found) = archived(&places.archive, wanted, run_as, &mut tried).await {
        return Ok(found);
    }
    Err(match (wanted, newest(&installed, None)) {
        (Some(wanted), Some(other)) => wrong_major(path, wanted, other.major, tried),
        _ => Error::NotFound {
            help: help(),
            tried,
        },
    })
}

/// An explicit choice that cannot be used is an error: falling back would hide it.
async fn named(
    pg_bin: &Path,
    path: &Path,
    wanted: Option<u32>,
    run_as: &RunAs,
) -> Result<Found, Error> {
    let folder = if pg_bin.is_file() {
        pg_bin.parent().unwrap_or(pg_bin)
    } else {
        pg_bin
    };
    let installation = Installation::probe(folder, run_as)
        .await
        .map_err(|why| Error::PgBin {
            path: pg_bin.to_owned(),
            why,
        })?;
    match wanted {
        Some(wanted) if wanted != installation.major => {
            let tried = vec![format!("KEYNODE_PG_BIN={}", pg_bin.display())];
            Err(wrong_major(path, wanted, installation.major, tried))
        }
        _ => {
            let sentence = format!("Postgres {}, named by KEYNODE_PG_BIN", installation.version);
            Ok(Found {
                installation,
                sentence,
            })
        }
    }
}

async fn installed(
    folders: &[PathBuf],
    run_as: &RunAs,
    tried: &mut Vec<String>,
) -> Vec<Installation> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for folder in folders
        .iter()
        .filter(|folder| folder.join("postgres").is_file())
    {
        let target = folder
            .join("postgres")
            .canonicalize()
            .unwrap_or_else(|_| folder.clone());
        if !seen.insert(target) {
            continue;
        }
        match Installation::probe(folder, run_as).await {
            Ok(installation) => {
                tried.push(format!(
                    "{}: Postgres {}",
                    folder.display(),
                    installation.version
                ));
                found.push(installation);
            }
            Err(why) => tried.push(format!("{}: {why}", folder.display())),
        }
    }
    if seen.is_empty() {
        let system = SYSTEM.map(|(parent, prefix, bin)| format!("{parent}/{prefix}*/{bin}"));
        tried.push(format!("PATH and {}: no postgres", system.join(", ")));
    }
    found
}

/// The first of the newest, so that PATH wins among equals.
fn newest(installed: &[Installation], wanted: Option<u32>) -> Option<&Installation> {
    installed
        .iter()
        .filter(|installation| wanted.is_none_or(|wanted| wanted == installation.major))
        .rev()
        .max_by_key(|installation| numbers(&installation.version))
}

/// `15.14 (Debian …)` → `[15, 14]`; a beta is older than its release.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .split('.')
        .map_while(|n| n.parse().ok())
        .collect()
}

async fn archived(
    places: &archive::Places,
    wanted: Option<u32>,
    run_as: &RunAs,
    tried: &mut Vec<String>,
) -> Option<Found> {
    let Some(archive) = Archive::for_this_machine() else {
        tried.push("archive: there is none for this kind of machine".to_owned());
        return None;
    };
    if wanted.is_some_and(|wanted| wanted != archive::MAJOR) {
        tried.push(format!("archive: holds Postgres {}", archive::MAJOR));
        return None;
    }
    match from_archive(archive, places, run_as).await {
        Ok(found) => Some(found),
        Err(why) => {
            tried.push(format!("archive: {why}"));
            None
        }
    }
}

async fn from_archive(
    archive: Archive,
    places: &archive::Places,
    run_as: &RunAs,
) -> Result<Found, String> {
    let unpacked = archive.obtain(places, run_as).await?;
    let installation = Installation::probe(&unpacked.bin, run_as)
        .await
        .map_err(|why| format!("{} {why}", unpacked.bin.display()))?;
    let sentence = format!("Postgres {}, {}", installation.version, unpacked.origin);
    Ok(Found {
        installation,
        sentence,
    })
}

fn wrong_major(path: &Path, wanted: u32, found: u32, tried: Vec<String>) -> Error {
    Error::WrongMajor {
        path: path.to_owned(),
        wanted,
        found,
        tried,
    }
}

fn versions(parent: &str, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(bin))
        .collect()
}

/// The one command that installs Postgres here.
fn help() -> String {
    let managers = [
        ("/usr/bin/apt-get", "apt-get install postgresql"),
        ("/usr/bin/dnf", "dnf install postgresql-server"),
        ("/sbin/apk", "apk add postgresql"),
        ("/usr/bin/pacman", "pacman -S postgresql"),
        ("/usr/bin/zypper", "zypper install postgresql-server"),
        ("/opt/homebrew/bin/brew", "brew install postgresql@17"),
        ("/usr/local/bin/brew", "brew install postgresql@17"),
    ];
    let command = managers
        .iter()
        .find(|(program, _)| Path::new(program).exists());
    let command = command.map_or("your system's package manager", |(_, command)| command);
    format!("install it with: {command}, or give a database with --database-url")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with a `postgres` that tells this version, which is all discovery asks.
    fn install(temp: &Path, name: &str, version: &str) -> PathBuf {
        let folder = temp.join(name);
        fs::create_dir(&folder).unwrap();
        for program in ["postgres", "initdb"] {
            let path = folder.join(program);
            fs::write(
                &path,
                format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"),
            )
            .unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    fn places(folders: &[&PathBuf]) -> Places {
        Places {
            folders: folders.iter().map(|&folder| folder.clone()).collect(),
            ..Places::default()
        }
    }

    async fn look(places: &Places, wanted: Option<u32>) -> Result<PathBuf, Error> {
        let found = find(places, Path::new("/data"), wanted, &RunAs::Ourselves).await?;
        Ok(found.installation.bin)
    }

    #[tokio::test]
    async fn the_newest_is_taken_unless_the_data_wants_another() {
        let temp = tempfile::tempdir().unwrap();
        let older = install(temp.path(), "older", "15.9");
        let newer = install(temp.path(), "newer", "15.14 (Debian)");
        let newest = install(temp.path(), "newest", "16.2");
        let places = places(&[&older, &newest, &newer]);
        assert_eq!(look(&places, None).await.unwrap(), newest);
        assert_eq!(look(&places, Some(15)).await.unwrap(), newer);
    }

    #[tokio::test]
    async fn among_equals_the_first_is_taken_and_links_are_followed() {
        let temp = tempfile::tempdir().unwrap();
        let real = install(temp.path(), "real", "16.2");
        let twin = install(temp.path(), "twin", "16.2");
        let links = temp.path().join("links");
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
        assert_eq!(look(&places(&[&links, &twin]), None).await.unwrap(), real);
    }

    #[tokio::test]
    async fn the_explicit_choice_wins_and_never_falls_back() {
        let temp = tempfile::tempdir().unwrap();
        let installed = install(temp.path(), "installed", "17.1");
        let chosen = install(temp.path(), "chosen", "15.2");
        let mut places = places(&[&installed]);
        places.pg_bin = Some(chosen.join("postgres"));
        assert_eq!(look(&places, None).await.unwrap(), chosen);
        places.pg_bin = Some(temp.path().join("gone"));
        assert!(matches!(
            look(&places, None).await,
            Err(Error::PgBin { .. })
        ));
    }

    #[tokio::test]
    async fn another_major_is_refused_with_both_named() {
        let temp = tempfile::tempdir().unwrap();
        let installed = install(temp.path(), "installed", "17.1");
        let mut places = places(&[&installed]);
        let refused = look(&places, Some(16)).await;
        assert!(matches!(
            refused,
            Err(Error::WrongMajor {
                wanted: 16,
                found: 17,
                ..
            })
        ));
        places.pg_bin = Some(installed);
        let refused = look(&places, Some(16)).await;
        assert!(matches!(
            refused,
            Err(Error::WrongMajor {
                wanted: 16,
                found: 17,
                ..
            })
        ));
    }

    #[tokio::test]
    async fn every_place_is_named_when_there_is_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let old = install(temp.path(), "old", "13.4");
        let Err(Error::NotFound { tried, help }) = look(&places(&[&old]), None).await else {
            unreachable!("13 is too old");
        };
        let tried = tried.join("\n");
        for place in ["KEYNODE_PG_BIN", "older than 15", "archive"] {
            assert!(tried.contains(place), "{place} is missing in:\n{tried}");
        }
        assert!(help.contains("--database-url"));
    }
}
