//! The executable as a child process.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A running `keynode …`. Dropped, it is killed: a test that fails leaves nothing behind.
pub struct Keynode {
    child: Child,
    log: PathBuf,
}

/// The executable that cargo built beside this test.
///
/// # Panics
/// If it is not there: `cargo test --workspace` and `cargo build` make it.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let target = test
        .ancestors()
        .nth(2)
        .expect("tests lie in target/<profile>/deps");
    let binary = target.join("keynode");
    assert!(
        binary.exists(),
        "{} is missing; run `cargo build` first",
        binary.display()
    );
    binary
}

/// A port that was free a moment ago.
///
/// # Panics
/// If loopback has no free port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

impl Keynode {
    /// Starts it with these arguments and settings; its output goes to `log`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(arguments: &[&str], settings: &[(String, String)], log: &Path) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log can be written");
        let child = Command::new(binary())
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file can be shared"))
            .stderr(output)
            .spawn()
            .expect("the executable starts");
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Kills it as the machine would: no time to tidy up.
    ///
    /// # Panics
    /// If there is no such process.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("a killed process ends");
    }

    /// Asks it to stop and waits; its exit was clean.
    ///
    /// # Panics
    /// If it does not stop within half a minute.
    pub fn stop(&mut self) -> bool {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::INT).expect("the process can be told");
        for _ in 0..1500 {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process did not stop; its log:\n{}", self.log());
    }

    /// Everything it said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// If the system cannot tell.
    pub fn is_running(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be waited for")
            .is_none()
    }
}

impl Drop for Keynode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
