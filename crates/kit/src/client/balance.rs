//! Which replica gets the next call, and which replicas there are.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::Settings;
use super::circuit::Standing;
use super::replica::{Lease, Replica};
use super::target::Target;

/// After failures, names are looked up anew at most this often.
const LOOKUP_PAUSE: Duration = Duration::from_millis(250);

/// A replica and the index of the target that named it.
type Known = (usize, Arc<Replica>);

/// The replicas of a channel.
pub(super) struct Balance {
    targets: Vec<Target>,
    settings: Settings,
    replicas: ArcSwap<Vec<Known>>,
    turn: AtomicUsize,
    looked_up: Mutex<Option<Instant>>,
    /// Held by the one lookup under way.
    lookup: tokio::sync::Mutex<()>,
}

impl Balance {
    pub(super) fn new(targets: Vec<Target>, settings: Settings) -> Self {
        Self {
            targets,
            settings,
            replicas: ArcSwap::default(),
            turn: AtomicUsize::new(0),
            looked_up: Mutex::new(None),
            lookup: tokio::sync::Mutex::new(()),
        }
    }

    /// A replica for a call that failed on those `tried` already and ends at `deadline`.
    ///
    /// # Errors
    /// When no host name could be resolved.
    pub(super) async fn pick(
        self: &Arc<Self>,
        tried: &[SocketAddr],
        deadline: Option<Instant>,
    ) -> io::Result<Lease> {
        let replicas = self.replicas().await?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = choose(&replicas, turn, tried, Instant::now());
        chosen
            .map(|replica| replica.lease(deadline))
            .ok_or_else(|| io::Error::other("the name has no address"))
    }

    /// Looks the names up in the background, because a call failed.
    pub(super) fn suspect(self: &Arc<Self>) {
        self.look_up_after(LOOKUP_PAUSE.min(self.settings.resolve_interval));
    }

    async fn replicas(self: &Arc<Self>) -> io::Result<Arc<Vec<Known>>> {
        if self.replicas.load().is_empty() {
            let _one = self.lookup.lock().await;
            if self.replicas.load().is_empty() {
                self.look_up().await?;
            }
        } else {
            self.look_up_after(self.settings.resolve_interval);
        }
        Ok(self.replicas.load_full())
    }

    fn look_up_after(self: &Arc<Self>, age: Duration) {
        let last = *self
            .looked_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|at| at.elapsed() < age) {
            return;
        }
        let balance = self.clone();
        tokio::spawn(async move {
            let Ok(_one) = balance.lookup.try_lock() else {
                return;
            };
            if let Err(error) = balance.look_up().await {
                tracing::warn!(%error, "host name not resolved; the addresses known are kept");
            }
        });
    }

    /// Replaces the replicas by those that the names stand for now. A name that cannot
    /// be resolved keeps its replicas; it is an error only when none is known at all.
    async fn look_up(&self) -> io::Result<()> {
        *self
            .looked_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let old = self.replicas.load_full();
        let mut new = Vec::new();
        let mut failure = None;
        for (index, target) in self.targets.iter().enumerate() {
            match addresses(target).await {
                Ok(found) => new.extend(found.into_iter().map(|a| self.known(&old, index, a))),
                Err(error) => {
                    new.extend(old.iter().filter(|(i, _)| *i == index).cloned());
                    failure = Some(error);
                }
            }
        }
        let nothing = new.is_empty();
        self.replicas.store(Arc::new(new));
        failure.filter(|_| nothing).map_or(Ok(()), Err)
    }

    fn known(&self, old: &[Known], index: usize, address: SocketAddr) -> Known {
        let same = old
            .iter()
            .find(|(i, r)| *i == index && r.address == address);
        same.cloned().unwrap_or_else(|| {
            let endpoint = &self.targets[index].endpoint;
            let replica = Replica::new(endpoint, address, &self.settings);
            (index, Arc::new(replica))
        })
    }
}

async fn addresses(target: &Target) -> io::Result<Vec<SocketAddr>> {
    let Target { host, port, .. } = target;
    let found = tokio::net::lookup_host((host.as_str(), *port)).await;
    let found = found.map_err(|e| io::Error::new(e.kind(), format!("{host}: {e}")))?;
    let mut addresses: Vec<_> = found.collect();
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

/// The replica for the call that has this turn: of two neighbours in the ring the less
/// busy one, untried before tried, healthy or due before ejected. When all are ejected,
/// the one whose time ends first: trying beats failing blindly.
fn choose(
    replicas: &[Known],
    turn: usize,
    tried: &[SocketAddr],
    now: Instant,
) -> Option<Arc<Replica>> {
    let fresh = |replica: &Replica| !tried.contains(&replica.address);
    let standing = |(_, replica): &Known| (replica.clone(), replica.standing(now));
    let (out, ready): (Vec<_>, Vec<_>) = replicas
        .iter()
        .map(standing)
        .partition(|(_, standing)| matches!(standing, Standing::Out(_)));
    let ready_fresh: Vec<_> = ready.iter().map(|(r, _)| r).filter(|r| fresh(r)).collect();
    let ready_tried: Vec<_> = ready.iter().map(|(r, _)| r).collect();
    let ring = if ready_fresh.is_empty() {
        ready_tried
    } else {
        ready_fresh
    };
    less_busy(&ring, turn).or_else(|| {
        let soonest = out
            .into_iter()
            .min_by_key(|(replica, standing)| match standing {
                Standing::Out(until) => (!fresh(replica), *until),
                Standing::Healthy | Standing::Due => (false, now),
            });
        soonest.map(|(replica, _)| replica)
    })
}

fn less_busy(ring: &[&Arc<Replica>], turn: usize) -> Option<Arc<Replica>> {
    let length = ring.len().max(1);
    let first = ring.get(turn % length)?;
    let second = ring.get((turn + 1) % length)?;
    let chosen = if second.in_flight() < first.in_flight() {
        second
    } else {
        first
    };
    Some(Arc::clone(chosen))
}

#[cfg(test)]
mod tests {
    use tonic::transport::Endpoint;

    use super::*;

    const EJECT: Duration = Duration::from_secs(5);

    fn ring(count: u16) -> Vec<Known> {
        let endpoint = Endpoint::from_static("http://a:1");
        let settings = Settings {
            eject: EJECT,
            ..Settings::default()
        };
        (1..=count)
            .map(|port| {
                let address = SocketAddr::from(([127, 0, 0, 1], port));
                (0, Arc::new(Replica::new(&endpoint, address, &settings)))
            })
            .collect()
    }

    fn chosen_at(now: Instant, ring: &[Known], turn: usize, tried: &[u16]) -> u16 {
        let tried: Vec<_> = tried
            .iter()
            .map(|port| SocketAddr::from(([127, 0, 0, 1], *port)))
            .collect();
        choose(ring, turn, &tried, now)
            .expect("a replica")
            .address
            .port()
    }

    fn chosen(ring: &[Known], turn: usize, tried: &[u16]) -> u16 {
        chosen_at(Instant::now(), ring, turn, tried)
    }

    fn eject(ring: &[Known], port: usize) {
        ring[port - 1].1.clone().lease(None).fail("test");
    }

    #[tokio::test]
    async fn idle_replicas_take_turns() {
        let ring = ring(3);
        assert_eq!(
            (0..6).map(|t| chosen(&ring, t, &[])).collect::<Vec<_>>(),
            [1, 2, 3, 1, 2, 3]
        );
    }

    #[tokio::test]
    async fn a_busy_replica_is_passed_over() {
        let ring = ring(3);
        let _busy = ring[0].1.clone().lease(None);
        assert_eq!(chosen(&ring, 0, &[]), 2);
    }

    #[tokio::test]
    async fn a_second_attempt_goes_elsewhere() {
        let ring = ring(2);
        assert_eq!(chosen(&ring, 0, &[1]), 2);
        assert_eq!(chosen(&ring, 1, &[2]), 1);
        assert_eq!(
            chosen(&ring, 0, &[1, 2]),
            1,
            "none is left: any healthy one"
        );
    }

    #[tokio::test]
    async fn an_ejected_replica_gets_one_probe_when_its_time_is_over() {
        let ring = ring(2);
        eject(&ring, 1);
        assert!((0..4).all(|turn| chosen(&ring, turn, &[]) == 2));
        let later = Instant::now() + EJECT;
        assert_eq!(chosen_at(later, &ring, 0, &[]), 1);
        let mut probe = ring[0].1.clone().lease(None);
        assert!(
            (0..4).all(|turn| chosen_at(later, &ring, turn, &[]) == 2),
            "one at a time"
        );
        probe.succeed();
        drop(probe);
        assert_eq!(chosen(&ring, 0, &[]), 1);
    }

    #[tokio::test]
    async fn when_all_are_ejected_the_one_whose_time_ends_first_is_tried() {
        let ring = ring(2);
        eject(&ring, 2);
        eject(&ring, 1);
        assert_eq!(chosen(&ring, 0, &[]), 2);
        assert_eq!(chosen(&ring, 0, &[2]), 1);
    }

    #[tokio::test]
    async fn an_abandoned_probe_makes_room_for_the_next() {
        let ring = ring(2);
        eject(&ring, 1);
        drop(ring[0].1.clone().lease(None));
        assert_eq!(chosen_at(Instant::now() + EJECT, &ring, 0, &[]), 1);
    }

    #[tokio::test]
    async fn new_addresses_join_and_vanished_ones_leave() {
        let settings = Settings::default();
        let targets =
            super::super::target::parse("http://127.0.0.1:1,http://127.0.0.1:2", &settings);
        let balance = Balance::new(targets.expect("valid"), settings.clone());
        let [gone, kept] = <[Known; 2]>::try_from(ring(2)).ok().expect("two");
        let stranger = (
            0,
            Arc::new(Replica::new(
                &Endpoint::from_static("http://a:1"),
                SocketAddr::from(([127, 0, 0, 9], 1)),
                &settings,
            )),
        );
        balance
            .replicas
            .store(Arc::new(vec![stranger, (1, kept.1.clone())]));
        balance.look_up().await.expect("addresses need no DNS");
        let now = balance.replicas.load();
        let ports: Vec<_> = now.iter().map(|(_, r)| r.address).collect();
        assert_eq!(ports, [gone.1.address, kept.1.address]);
        assert!(
            Arc::ptr_eq(&now[1].1, &kept.1),
            "a known replica keeps its connection"
        );
    }
}
