//! The running server: its pid file, whether it really serves our cluster, its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use tokio::process::Child;
use tokio::time::sleep;

/// A fast shutdown writes a checkpoint; an immediate one leaves that to the next start.
const FAST_LIMIT: Duration = Duration::from_secs(20);
const IMMEDIATE_LIMIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// `postmaster.pid` as far as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) port: Option<u16>,
    pub(crate) is_ready: bool,
}

impl PidFile {
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            pid: Pid::from_raw(lines.first()?.parse::<i32>().ok().filter(|pid| *pid > 0)?)?,
            port: lines.get(3).and_then(|port| port.parse().ok()),
            is_ready: lines.get(7) == Some(&"ready"),
        })
    }
}

/// Whether the process works on the cluster. A pid alone proves nothing: after a crash
/// it may belong to anything, even to a thread of ours.
pub(super) fn serves(pid: Pid, cluster: &Path) -> bool {
    match workers(cluster) {
        Some(workers) => workers.contains(&pid),
        None => rustix::process::test_kill_process(pid).is_ok(),
    }
}

/// The processes whose working folder is the cluster: a server and its children.
/// None where there is no `/proc`.
fn workers(cluster: &Path) -> Option<Vec<Pid>> {
    fs::read_link("/proc/self/cwd").ok()?;
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let here = processes.filter(|process| {
        fs::read_link(process.path().join("cwd")).is_ok_and(|folder| folder == cluster)
    });
    Some(
        here.filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
            .collect(),
    )
}

/// Removes a pid file whose server is gone, once nobody works on the cluster any more:
/// children of a killed server may still be ending, and two servers would destroy it.
/// Returns the process that stayed. Without `/proc` the file is left to Postgres to judge.
pub(super) async fn clear_stale(cluster: &Path, limit: Duration) -> Result<(), Pid> {
    let until = Instant::now() + limit;
    loop {
        match workers(cluster).as_deref() {
            None => return Ok(()),
            Some([]) => break,
            Some([worker, ..]) if Instant::now() > until => return Err(*worker),
            Some(_) => sleep(POLL).await,
        }
    }
    let _ = fs::remove_file(cluster.join("postmaster.pid"));
    Ok(())
}

/// A server we started or adopted; told to stop when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pid: Pid,
    cluster: PathBuf,
    /// None if it was adopted.
    child: Option<Child>,
    /// Its pid may belong to somebody else by now.
    has_ended: bool,
}

impl Server {
    pub(super) fn started(child: Child, cluster: PathBuf) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(child.id()?).ok()?)?;
        Some(Self {
            pid,
            cluster,
            child: Some(child),
            has_ended: false,
        })
    }

    pub(super) fn adopted(pid: Pid, cluster: PathBuf) -> Self {
        Self {
            pid,
            cluster,
            child: None,
            has_ended: false,
        }
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// How it ended; none while it runs.
    pub(super) fn ended(&mut self) -> Option<String> {
        let how = match &mut self.child {
            Some(child) => match child.try_wait() {
                Ok(status) => status.map(|status| status.to_string()),
                Err(error) => Some(error.to_string()),
            },
            None => (!serves(self.pid, &self.cluster)).then(|| "ended".to_owned()),
        };
        self.has_ended = how.is_some();
        how
    }

    /// Fast shutdown; immediate if that takes too long.
    pub(super) async fn stop(mut self) {
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
            self.signal(signal);
            if self.has_ended_within(limit).await {
                return;
            }
            tracing::warn!(
                ?signal,
                limit_seconds = limit.as_secs(),
                "the embedded Postgres does not stop"
            );
        }
    }

    async fn has_ended_within(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            if self.ended().is_some() {
                return true;
            }
            sleep(POLL).await;
        }
        false
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = rustix::process::kill_process(self.pid, signal) {
            tracing::debug!(%error, ?signal, "the embedded Postgres cannot be signalled");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended && self.ended().is_none() {
            self.signal(Signal::INT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_pid_file_is_read_as_far_as_it_is_written() {
        let ready = "4711\n/data\n1700000000\n5433\n\n127.0.0.1\n  1234 5\nready   \n";
        let parsed = PidFile::parse(ready).unwrap();
        assert_eq!(
            (
                parsed.pid.as_raw_nonzero().get(),
                parsed.port,
                parsed.is_ready
            ),
            (4711, Some(5433), true)
        );
        let begun = PidFile::parse("4711\n/data\n").unwrap();
        assert_eq!((begun.port, begun.is_ready), (None, false));
        for broken in ["", "-4711\n", "0\n", "x\n"] {
            assert_eq!(PidFile::parse(broken), None);
        }
    }

    #[tokio::test]
    async fn a_pid_file_stays_while_somebody_works_there() {
        let temp = tempfile::tempdir().unwrap();
        let cluster = temp.path().canonicalize().unwrap();
        let file = cluster.join("postmaster.pid");
        fs::write(&file, "1\n").unwrap();
        let mut worker = Command::new("cat")
            .current_dir(&cluster)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(i32::try_from(worker.id()).unwrap()).unwrap();
        assert_eq!(clear_stale(&cluster, Duration::ZERO).await, Err(pid));
        assert!(file.exists() && !serves(Pid::INIT, &cluster));
        drop(worker.stdin.take());
        worker.wait().unwrap();
        assert_eq!(clear_stale(&cluster, Duration::ZERO).await, Ok(()));
        assert!(!file.exists());
    }
}
