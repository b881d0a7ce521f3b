//! From a folder to a server that answers: adopt the one that runs, or start one.

use std::fs;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::time::sleep;

use super::folder::{self, Folder};
use super::installation::{self, Auth, Installation};
use super::postmaster::{self, PidFile, Server};
use super::{Error, Options, cluster_at, superuser_url};

/// A crash recovery may take long; it is reported meanwhile.
const START_LIMIT: Duration = Duration::from_secs(300);
const ADOPT_LIMIT: Duration = Duration::from_secs(60);
const STALE_LIMIT: Duration = Duration::from_secs(10);
const REPORT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// A port may be taken between our look and Postgres's.
const PORT_ATTEMPTS: usize = 3;

/// Takes over the server that a killed Keynode left behind.
pub(super) async fn adopt(
    folder: &Folder,
    password: &str,
) -> Result<Option<(Server, String)>, Error> {
    let cluster = folder.cluster();
    let until = Instant::now() + ADOPT_LIMIT;
    while let Some(file) = PidFile::read(&cluster) {
        let by = || format!("another Postgres (process {})", file.pid);
        if !postmaster::serves(file.pid, &cluster) {
            let cleared = postmaster::clear_stale(&cluster, STALE_LIMIT).await;
            cleared.map_err(|pid| folder.in_use(format!("a Postgres process ({pid})")))?;
            return Ok(None);
        }
        if let Some(port) = file.port.filter(|_| file.is_ready) {
            let url = superuser_url(password, port);
            match cluster_at(&url).await {
                Ok(served) if served == cluster => {
                    return Ok(Some((Server::adopted(file.pid, cluster), url)));
                }
                Ok(_) => return Err(folder.in_use(by())),
                Err(error) if is_refused(&error) => return Err(folder.in_use(by())),
                Err(_) => {}
            }
        }
        if Instant::now() > until {
            return Err(folder.in_use(by()));
        }
        sleep(POLL).await;
    }
    Ok(None)
}

/// Whether the server is there but not ours: it does not take our password.
fn is_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("28"))
}

/// Starts a server, in a new cluster if there is none yet.
pub(super) async fn launch(
    folder: &Folder,
    installation: &Installation,
    existing: Option<u32>,
    password: &str,
    options: &Options,
) -> Result<(Server, String), Error> {
    if existing.is_none() {
        initialise(folder, installation).await?;
    }
    let mut attempt = 1;
    loop {
        let port = folder.port()?;
        match start_server(folder, installation, port, password, options).await {
            Err(Error::Start { .. })
                if attempt < PORT_ATTEMPTS && folder::free_port(port).is_err() =>
            {
                folder.forget_port();
                attempt += 1;
            }
            outcome => return Ok((outcome?, superuser_url(password, port))),
        }
    }
}

/// Makes the cluster aside and renames it: a half-made one is never taken for whole.
async fn initialise(folder: &Folder, installation: &Installation) -> Result<(), Error> {
    let (cluster, partial) = (folder.cluster(), folder.base().join("data.new"));
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(Error::at(&partial))?;
    }
    folder::make(&partial, 0o700)?;
    folder.run_as.own(&partial)?;
    let command = installation.initdb(
        &folder.run_as,
        &partial,
        &folder.password_file(),
        Auth::Scram,
    );
    let answer = Command::from(command)
        .output()
        .await
        .map_err(Error::at(&installation.bin))?;
    if !answer.status.success() {
        let output = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        return Err(Error::Initdb {
            status: answer.status.to_string(),
            output,
        });
    }
    fs::rename(&partial, &cluster).map_err(Error::at(&cluster))
}

async fn start_server(
    folder: &Folder,
    installation: &Installation,
    port: u16,
    password: &str,
    options: &Options,
) -> Result<Server, Error> {
    let log = folder.log()?;
    let mut command = installation.postgres(&folder.run_as, &folder.cluster(), port, options);
    installation::log_to(&mut command, log).map_err(Error::at(folder.log_file()))?;
    let child = Command::from(command)
        .spawn()
        .map_err(Error::at(&installation.bin))?;
    let server = Server::started(child, folder.cluster()).expect("a child just spawned has an id");
    await_ready(folder, server, &superuser_url(password, port)).await
}

async fn await_ready(folder: &Folder, mut server: Server, url: &str) -> Result<Server, Error> {
    let begun = Instant::now();
    let mut reported = begun;
    loop {
        if let Some(status) = server.ended() {
            let log = folder.log_file();
            return Err(Error::Start {
                status,
                tail: folder::tail(&log),
                log,
            });
        }
        if is_ready(folder, &server, url).await? {
            return Ok(server);
        }
        if begun.elapsed() > START_LIMIT {
            server.stop().await;
            return Err(Error::Slow {
                seconds: START_LIMIT.as_secs(),
                log: folder.log_file(),
            });
        }
        if reported.elapsed() > REPORT {
            reported = Instant::now();
            tracing::info!(
                seconds = begun.elapsed().as_secs(),
                "waiting for the embedded Postgres"
            );
        }
        sleep(POLL).await;
    }
}

async fn is_ready(folder: &Folder, server: &Server, url: &str) -> Result<bool, Error> {
    let cluster = folder.cluster();
    match PidFile::read(&cluster) {
        Some(file) if file.pid == server.pid() && file.is_ready => match cluster_at(url).await {
            Ok(served) => Ok(served == cluster),
            Err(error) if is_refused(&error) => Err(error.into()),
            Err(_) => Ok(false),
        },
        _ => Ok(false),
    }
}
