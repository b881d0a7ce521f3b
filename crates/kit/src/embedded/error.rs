//! What can go wrong before the embedded Postgres answers, and the way out of each.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded Postgres is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use {}: {source}; run as its owner or choose another data folder", path.display())]
    Folder { path: PathBuf, source: io::Error },

    #[error("the data folder {} is in use by {by}; stop that first or choose another data folder", path.display())]
    InUse { path: PathBuf, by: String },

    #[error("{} is neither empty nor a Postgres data folder; choose another data folder", path.display())]
    NotPostgres { path: PathBuf },

    #[error("{} is missing although the database exists; restore it from a backup or choose another data folder", path.display())]
    PasswordMissing { path: PathBuf },

    #[error(
        "Postgres does not run as root, and user {user} may not enter {}, which lies above {}; \
         choose another data folder (e.g. under /var/lib) or allow it with: chmod o+x {}",
        ancestor.display(), path.display(), ancestor.display()
    )]
    NotTraversable {
        path: PathBuf,
        ancestor: PathBuf,
        user: String,
    },

    #[error(
        "Postgres does not run as root, and /etc/passwd has neither postgres nor nobody; run as another user"
    )]
    NoAccount,

    #[error(
        "the data folder {} was made by Postgres {wanted}, but Postgres {found} was found; \
         install Postgres {wanted} or set KEYNODE_PG_BIN to its bin folder, \
         or carry the data over with pg_upgrade; tried:{}",
        path.display(), lines(tried)
    )]
    WrongMajor {
        path: PathBuf,
        wanted: u32,
        found: u32,
        tried: Vec<String>,
    },

    #[error("KEYNODE_PG_BIN={} cannot be used: {why}; name the folder that holds postgres and initdb", path.display())]
    PgBin { path: PathBuf, why: String },

    #[error(
        "no Postgres {} or newer was found; {help}; tried:{}",
        super::MIN_MAJOR,
        lines(tried)
    )]
    NotFound { help: String, tried: Vec<String> },

    #[error("initdb failed ({status}): {output}")]
    Initdb { status: String, output: String },

    #[error("Postgres ended while starting ({status}); the end of {}:\n{tail}", log.display())]
    Start {
        status: String,
        log: PathBuf,
        tail: String,
    },

    #[error("Postgres did not answer within {seconds} s; see {}", log.display())]
    Slow { seconds: u64, log: PathBuf },

    #[error("Postgres answered with an error: {0}")]
    Sql(#[from] sqlx::Error),
}

impl Error {
    /// An I/O error together with the path it is about.
    pub(crate) fn at(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Folder { path, source }
    }
}

fn lines(tried: &[String]) -> String {
    tried.iter().map(|line| format!("\n  - {line}")).collect()
}
