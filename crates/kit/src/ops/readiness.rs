//! Which services of this process can take requests, and why not.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

/// What one service last said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub service: String,
    pub ready: bool,
    /// Empty when ready.
    pub why: String,
}

/// The registry of a process; clones share what is said, each sees changes by itself.
/// Not ready until a service reported.
#[derive(Clone, Debug)]
pub struct Readiness {
    said: Arc<watch::Sender<State>>,
    seen: watch::Receiver<State>,
}

#[derive(Debug, Default)]
struct State {
    draining: bool,
    checks: BTreeMap<String, Check>,
}

impl Default for Readiness {
    fn default() -> Self {
        let (said, seen) = watch::channel(State::default());
        Self {
            said: Arc::new(said),
            seen,
        }
    }
}

impl Readiness {
    /// Says whether a service can take requests, and why not.
    pub fn set(&self, service: &str, ready: bool, why: &str) {
        let check = Check {
            service: service.to_owned(),
            ready,
            why: why.to_owned(),
        };
        self.said.send_if_modified(|state| {
            let changed = state.checks.get(service) != Some(&check);
            state.checks.insert(service.to_owned(), check);
            changed
        });
    }

    /// Makes every service not ready for good: the process is shutting down.
    pub fn drain(&self) {
        self.said.send_modify(|state| state.draining = true);
    }

    /// Whether every service can take requests.
    pub fn is_ready(&self) -> bool {
        let checks = self.checks();
        !checks.is_empty() && checks.iter().all(|check| check.ready)
    }

    /// What each service said, by name.
    pub fn checks(&self) -> Vec<Check> {
        let state = self.said.borrow();
        let shown = |check: &Check| match state.draining {
            true => Check {
                ready: false,
                why: "shutting down".to_owned(),
                ..check.clone()
            },
            false => check.clone(),
        };
        state.checks.values().map(shown).collect()
    }

    /// Waits for a change since the last one this clone saw; quick ones come as one.
    pub async fn changed(&mut self) {
        // Cannot end: the sender lives in `said`.
        let _ = self.seen.changed().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_process_is_ready_when_all_its_services_are() {
        let readiness = Readiness::default();
        assert!(!readiness.is_ready());
        readiness.set("accounts", true, "");
        assert!(readiness.is_ready());
        readiness.clone().set("pipeline", false, "migrating");
        assert!(!readiness.is_ready());
    }

    #[test]
    fn draining_stays_whatever_is_said_later() {
        let readiness = Readiness::default();
        readiness.drain();
        readiness.set("accounts", true, "");
        assert!(!readiness.is_ready());
        assert_eq!(readiness.checks()[0].why, "shutting down");
    }

    #[tokio::test]
    async fn only_changes_wake() {
        let readiness = Readiness::default();
        let mut watcher = readiness.clone();
        readiness.set("accounts", true, "");
        watcher.changed().await;
        assert!(watcher.is_ready());
        readiness.set("accounts", true, "");
        assert!(
            watcher.changed().now_or_never().is_none(),
            "nothing changed"
        );
        readiness.drain();
        watcher.changed().await;
        assert!(!watcher.is_ready());
    }
}
