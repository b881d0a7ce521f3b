//! How many connections may be open at once: the port for operators, the database and
//! the log need descriptors of the same process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A crowd at the door must not fill the log too.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The places for connections.
pub struct Places {
    free: Arc<Semaphore>,
    maximum: usize,
    /// Connections turned away since that was last logged.
    refused: u64,
    told: Option<Instant>,
}

impl Places {
    /// As many as `wanted`, but never more than leave a quarter of the descriptors.
    pub fn new(wanted: usize) -> Self {
        let maximum = wanted.min(affordable(getrlimit(Resource::Nofile).current));
        if maximum < wanted {
            tracing::info!(
                maximum,
                wanted,
                "server.max_connections lowered to three quarters of the open files allowed"
            );
        }
        Self {
            free: Arc::new(Semaphore::new(maximum)),
            maximum,
            refused: 0,
            told: None,
        }
    }

    /// A place for one connection; without one the connection is to be closed.
    pub fn take(&mut self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.free).try_acquire_owned().ok();
        if place.is_none() {
            self.refused += 1;
            self.tell(Instant::now());
        }
        place
    }

    fn tell(&mut self, now: Instant) {
        if self.told.is_some_and(|at| now - at < TELL_EVERY) {
            return;
        }
        let (maximum, closed) = (self.maximum, self.refused);
        tracing::warn!(maximum, closed, "connections closed: too many are open");
        (self.refused, self.told) = (0, Some(now));
    }
}

/// How many connections a process with that limit of descriptors can afford.
fn affordable(descriptors: Option<u64>) -> usize {
    let most = Semaphore::MAX_PERMITS;
    descriptors.map_or(most, |limit| {
        usize::try_from(limit / 4 * 3).map_or(most, |three_quarters| three_quarters.min(most))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_descriptors_is_left_to_others() {
        assert_eq!(affordable(Some(1024)), 768);
        assert_eq!(affordable(Some(u64::MAX)), Semaphore::MAX_PERMITS);
        assert_eq!(affordable(None), Semaphore::MAX_PERMITS);
    }

    #[test]
    fn refusals_are_logged_at_most_once_a_second() {
        let mut places = Places::new(1);
        let place = places.take().expect("one is free");
        assert!((0..3).all(|_| places.take().is_none()));
        assert_eq!(places.refused, 2, "the first was told, the others are kept");
        let told = places.told.expect("told");
        places.tell(told + TELL_EVERY);
        assert_eq!(places.refused, 0);
        drop(place);
        assert!(places.take().is_some());
    }
}
