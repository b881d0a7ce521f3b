//! A private Postgres in the data folder, for when no database is given.
//!
//! It is a child in a process group of its own, reachable with a password on a loopback
//! port. If we are killed it runs on, and the next start adopts it.

mod account;
mod archive;
pub(crate) mod discovery;
mod error;
pub(crate) mod folder;
pub(crate) mod installation;
mod launch;
pub(crate) mod postmaster;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::timeout;

pub use self::error::Error;

pub(crate) use self::account::RunAs;
#[cfg(feature = "testing")]
pub(crate) use self::archive::Places as ArchivePlaces;

use self::folder::Folder;
use self::postmaster::Server;

/// The oldest major version of Postgres that Keynode works with.
pub const MIN_MAJOR: u32 = 15;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How to run the embedded Postgres; [`Options::default`] is right for keeping data.
#[derive(Clone, Debug)]
pub struct Options {
    /// False trades all safety for speed: a crash of the machine destroys the cluster.
    pub durable: bool,
    /// For all services together.
    pub max_connections: u16,
    /// Where a downloaded Postgres is kept; `<data>/postgres/cache` if none.
    pub cache: Option<PathBuf>,
    /// Whether a Postgres may be downloaded when none is installed.
    pub fetch: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durable: true,
            max_connections: 200,
            cache: None,
            fetch: true,
        }
    }
}

/// A running Postgres of our own. End it with [`Embedded::stop`]; dropped, it is told to
/// stop but not waited for.
#[derive(Debug)]
pub struct Embedded {
    server: Server,
    superuser_url: String,
    found: String,
    /// Keeps a second Keynode out of the data folder.
    _lock: File,
}

impl Embedded {
    /// Starts or adopts the Postgres of `<data_folder>/postgres`; makes it if there is none.
    pub async fn start(data_folder: &Path, options: Options) -> Result<Self, Error> {
        let folder = Folder::open(data_folder)?;
        let places = places(&folder, &options);
        Self::start_in(folder, options, &places).await
    }

    async fn start_in(
        folder: Folder,
        options: Options,
        places: &discovery::Places,
    ) -> Result<Self, Error> {
        let begun = Instant::now();
        let lock = folder.lock()?;
        let wanted = folder.major()?;
        let password = folder.password()?;
        let (server, superuser_url, found) = match launch::adopt(&folder, &password).await? {
            Some((server, url)) => {
                let found = format!(
                    "our own Postgres, still running as process {}",
                    server.pid()
                );
                (server, url, found)
            }
            None => {
                let found = discovery::find(places, folder.base(), wanted, &folder.run_as).await?;
                let (server, url) =
                    launch::launch(&folder, &found.installation, wanted, &password, &options)
                        .await?;
                (server, url, found.sentence)
            }
        };
        tracing::info!(
            found,
            folder = %folder.base().display(),
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the embedded Postgres is ready"
        );
        Ok(Self {
            server,
            superuser_url,
            found,
            _lock: lock,
        })
    }

    /// The superuser's address of the database `postgres`. Services never use it to
    /// work: a superuser bypasses row-level security.
    pub fn superuser_url(&self) -> &str {
        &self.superuser_url
    }

    /// Which Postgres was taken, for a person.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Stops Postgres within about 25 s.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Makes the database `name` unless it is there; `url` is a superuser's.
pub async fn ensure_database(url: &str, name: &str) -> Result<(), Error> {
    let mut connection = PgConnection::connect(url).await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
    if !exists {
        let statement = format!("create database {}", quote_identifier(name));
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}

pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) fn superuser_url(password: &str, port: u16) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
}

/// The folder of the cluster that answers at `url`.
pub(crate) async fn cluster_at(url: &str) -> Result<PathBuf, sqlx::Error> {
    let ask = async {
        let mut connection = PgConnection::connect(url).await?;
        let folder: String = sqlx::query_scalar("show data_directory")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(PathBuf::from(folder))
    };
    timeout(CONNECT_LIMIT, ask)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

fn places(folder: &Folder, options: &Options) -> discovery::Places {
    let cache = options
        .cache
        .clone()
        .unwrap_or_else(|| folder.base().join("cache"));
    let beside_data = folder.base().ancestors().nth(2).map(Path::to_owned);
    let beside_us = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_owned));
    let bundled = beside_data.into_iter().chain(beside_us).collect();
    discovery::Places::of_this_machine(archive::Places {
        cache,
        bundled,
        fetch: options.fetch,
    })
}

#[cfg(test)]
mod tests;
