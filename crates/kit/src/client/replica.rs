//! One address of a target: its connection, its circuit, its calls in flight.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::transport::Endpoint;

use super::Settings;
use super::circuit::{Circuit, Standing};

/// The longest that one failed dial answers for the calls queued behind it.
const ECHO: Duration = Duration::from_millis(100);

/// One process that may answer.
pub(super) struct Replica {
    pub(super) address: SocketAddr,
    connection: tonic::transport::Channel,
    circuit: Mutex<Circuit>,
    in_flight: AtomicUsize,
    eject: Duration,
    /// A deadline shorter than this says nothing about the replica: its caller was in a
    /// hurry, and must not turn away the replica's other callers.
    patience: Duration,
}

/// The right to send one call to a replica. Dropped, it frees the place; dropped after
/// the deadline without an answer, it tells the circuit.
pub(super) struct Lease {
    replica: Arc<Replica>,
    begun: Instant,
    deadline: Option<Instant>,
    probe: bool,
    settled: bool,
}

impl Replica {
    /// Connects when the first call comes.
    pub(super) fn new(endpoint: &Endpoint, address: SocketAddr, settings: &Settings) -> Self {
        let dial = Dial {
            address,
            timeout: settings.connect_timeout,
            echo_until: Arc::default(),
        };
        Self {
            address,
            connection: endpoint.connect_with_connector_lazy(dial),
            circuit: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            eject: settings.eject,
            patience: settings.connect_timeout.min(settings.timeout / 2),
        }
    }

    pub(super) fn standing(&self, now: Instant) -> Standing {
        self.with_circuit(|circuit| circuit.standing(now))
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The right to one call, whose answer is expected by the deadline.
    pub(super) fn lease(self: Arc<Self>, deadline: Option<Instant>) -> Lease {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let probe = self.with_circuit(Circuit::enter);
        Lease {
            replica: self,
            begun: Instant::now(),
            deadline,
            probe,
            settled: false,
        }
    }

    fn tell(&self, ejected: Option<Duration>, cause: &str) {
        if let Some(out) = ejected {
            let (replica, out_ms) = (self.address, out.as_millis());
            tracing::warn!(%replica, cause, out_ms, "replica ejected");
        }
    }

    fn with_circuit<T>(&self, f: impl FnOnce(&mut Circuit) -> T) -> T {
        f(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lease {
    pub(super) fn address(&self) -> SocketAddr {
        self.replica.address
    }

    pub(super) fn connection(&self) -> tonic::transport::Channel {
        self.replica.connection.clone()
    }

    pub(super) fn succeed(&mut self) {
        self.settled = true;
        self.replica
            .with_circuit(|circuit| circuit.succeed(self.probe, Instant::now()));
    }

    pub(super) fn fail(&mut self, cause: &str) {
        self.settled = true;
        let (replica, probe) = (&self.replica, self.probe);
        let out = replica.with_circuit(|c| c.fail(probe, Instant::now(), replica.eject));
        replica.tell(out, cause);
    }

    /// The deadline passed and nothing was heard.
    pub(super) fn late(&mut self) {
        if self.probe {
            return self.fail("the probe got no answer");
        }
        self.settled = true;
        let (replica, begun, now) = (&self.replica, self.begun, Instant::now());
        if now - begun >= replica.patience {
            let out = replica.with_circuit(|c| c.late(begun, now, replica.eject));
            replica.tell(out, "it lets deadlines pass without an answer");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.replica.in_flight.fetch_sub(1, Ordering::Relaxed);
        let overdue = self.deadline.is_some_and(|at| at <= Instant::now());
        if !self.settled && (self.probe || overdue) {
            self.late();
        }
    }
}

/// Connects to one address whatever the URI says: the URI keeps the host's name for
/// TLS and `:authority`.
#[derive(Clone)]
struct Dial {
    address: SocketAddr,
    timeout: Duration,
    /// Until then dials fail at once. Calls queue for a connection and each would dial
    /// anew: without this the tenth waits ten timeouts for a host that drops packets.
    echo_until: Arc<Mutex<Option<Instant>>>,
}

impl Dial {
    async fn connect(self) -> io::Result<TokioIo<TcpStream>> {
        let start = Instant::now();
        if self.echo().is_some_and(|until| start < until) {
            return Err(io::Error::other("connecting failed a moment ago"));
        }
        let dialled = tokio::time::timeout(self.timeout, TcpStream::connect(self.address)).await;
        let stream = dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if stream.is_err() {
            *self.echo() = Some(Instant::now() + start.elapsed().min(ECHO));
        }
        let stream = stream?;
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }

    fn echo(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.echo_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl tower::Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}
