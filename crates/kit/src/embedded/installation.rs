//! One set of Postgres executables, and the commands that use it.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{MIN_MAJOR, Options, RunAs};

/// `postgres --version` answers at once unless the machine is in trouble.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// A folder with `postgres` and `initdb`, and what they say they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    /// Without symbolic links: Postgres finds its libraries relative to itself.
    pub(crate) bin: PathBuf,
    pub(crate) major: u32,
    /// As told, e.g. `15.14 (Debian 15.14-0+deb12u1)`.
    pub(crate) version: String,
}

/// How `initdb` lets people in: over the network with SCRAM, in tests with what is cheap.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Auth {
    Scram,
    #[cfg(feature = "testing")]
    Password,
}

impl Installation {
    /// Asks the `postgres` in `folder` for its version, as the user who would run it.
    /// The error is one sentence for a person.
    pub(crate) async fn probe(folder: &Path, run_as: &RunAs) -> Result<Self, String> {
        let postgres = folder
            .join("postgres")
            .canonicalize()
            .map_err(|_| "holds no postgres".to_owned())?;
        let bin = postgres.parent().unwrap_or(folder).to_owned();
        if !bin.join("initdb").is_file() {
            return Err(format!("holds postgres but no initdb in {}", bin.display()));
        }
        let mut command = Command::new(&postgres);
        command
            .arg("--version")
            .current_dir("/")
            .stdin(Stdio::null());
        run_as.apply(&mut command);
        let mut command = tokio::process::Command::from(command);
        let answer = tokio::time::timeout(VERSION_LIMIT, command.kill_on_drop(true).output())
            .await
            .map_err(|_| "postgres --version does not answer".to_owned())?
            .map_err(|error| format!("postgres cannot be run: {error}"))?;
        if !answer.status.success() {
            let why = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
            return Err(format!(
                "postgres --version failed ({}): {why}",
                answer.status
            ));
        }
        Self::parse(bin, &String::from_utf8_lossy(&answer.stdout))
    }

    fn parse(bin: PathBuf, answer: &str) -> Result<Self, String> {
        let (major, version) =
            parse_version(answer).ok_or_else(|| format!("tells no version: {}", answer.trim()))?;
        if major < MIN_MAJOR {
            return Err(format!("is Postgres {version}, older than {MIN_MAJOR}"));
        }
        Ok(Self {
            bin,
            major,
            version,
        })
    }

    pub(crate) fn initdb(
        &self,
        run_as: &RunAs,
        cluster: &Path,
        password: &Path,
        auth: Auth,
    ) -> Command {
        let mut command = self.command("initdb", run_as);
        command
            .arg("--pgdata")
            .arg(cluster)
            .args(["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"])
            .arg(joined("--pwfile=", password))
            .stdin(Stdio::null());
        match auth {
            Auth::Scram => command.arg("--auth=scram-sha-256"),
            #[cfg(feature = "testing")]
            Auth::Password => command.args(["--auth=password", "--no-sync"]),
        };
        command
    }

    /// The server on loopback TCP only: with no socket file there is no stale socket
    /// lock after a kill. Its own process group keeps a Ctrl-C of ours away from it.
    pub(crate) fn postgres(
        &self,
        run_as: &RunAs,
        cluster: &Path,
        port: u16,
        options: &Options,
    ) -> Command {
        let mut command = self.command("postgres", run_as);
        command
            .arg("-D")
            .arg(cluster)
            .args(["-p", &port.to_string()]);
        for (name, value) in settings(options) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.process_group(0).stdin(Stdio::null());
        command
    }

    fn command(&self, name: &str, run_as: &RunAs) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command
            .current_dir("/")
            .env("LC_ALL", "C")
            .env_remove("PGDATA");
        run_as.apply(&mut command);
        command
    }
}

/// Sends what a command says to `log`.
pub(super) fn log_to(command: &mut Command, log: File) -> std::io::Result<()> {
    command.stdout(log.try_clone()?).stderr(log);
    Ok(())
}

fn settings(options: &Options) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", String::new()),
        ("max_connections", options.max_connections.to_string()),
        ("logging_collector", "off".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
    ];
    if !options.durable {
        settings.extend(
            ["fsync", "synchronous_commit", "full_page_writes"]
                .map(|name| (name, "off".to_owned())),
        );
    }
    settings
}

fn joined(prefix: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(prefix);
    argument.push(path);
    argument
}

/// `postgres (PostgreSQL) 15.14 (Debian …)` → `(15, "15.14 (Debian …)")`.
fn parse_version(answer: &str) -> Option<(u32, String)> {
    let (_, version) = answer.trim().split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_releases_betas_and_packages_are_understood() {
        let major = |answer| parse_version(answer).map(|(major, _)| major);
        assert_eq!(
            major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major("pyenv: postgres: command not found"), None);
    }

    #[test]
    fn too_old_a_postgres_is_refused() {
        let old = Installation::parse("/old/bin".into(), "postgres (PostgreSQL) 14.9");
        assert!(old.unwrap_err().contains("older than 15"));
    }
}
