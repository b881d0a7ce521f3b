//! Connections: accepted, greeted, kept alive, aged, drained, and in the end cut.
//!
//! tonic's own accept loop is not used: it answers `grpc-timeout` itself, outside of
//! every layer and with CANCELLED; its maximum age with a grace cuts connections
//! without GOAWAY; and its graceful shutdown waits for silent peers without end.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::transport::server::Connected;
use tower::{Service, ServiceExt};

use super::greeting;
use super::places::Places;
use super::settings::Settings;

/// After a failed `accept` (no file descriptors left) the loop must not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long cut connections may take to be gone.
const CUT: Duration = Duration::from_secs(1);

type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The whole stack as a connection needs it.
pub trait Stack:
    Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Stack for S where
    S: Service<
            Request<Incoming>,
            Response = Response<Body>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// Everything a connection is served with.
pub struct Acceptor<S> {
    stack: S,
    tls: Option<TlsAcceptor>,
    http: Builder<TokioExecutor>,
    /// How long a peer may take to introduce itself, from when it was accepted.
    patience: Duration,
    max_connections: usize,
    age: Duration,
    grace: Duration,
    /// Cancelled when no more calls are to be taken.
    stop: CancellationToken,
}

impl<S: Stack> Acceptor<S> {
    pub fn new(
        settings: &Settings,
        tls: Option<TlsAcceptor>,
        stack: S,
        stop: CancellationToken,
    ) -> Self {
        Self {
            stack,
            tls,
            http: http(settings),
            patience: settings.keepalive_timeout,
            max_connections: settings.max_connections,
            age: settings.max_connection_age,
            grace: settings.max_connection_age_grace,
            stop,
        }
    }

    /// Serves until stopped, then waits at most `drain` for what is in flight.
    pub async fn run(self, listener: TcpListener, drain: Duration) {
        let mut places = Places::new(self.max_connections);
        let acceptor = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = acceptor.stop.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Without a place the stream is dropped, which closes it.
                        if let Some(place) = places.take() {
                            connections.spawn(Arc::clone(&acceptor).connection(stream, place));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        // New clients must be refused now, not left waiting in the backlog.
        drop(listener);
        finish(connections, drain).await;
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, _place: OwnedSemaphorePermit) {
        let mut patience = pin!(sleep(self.patience));
        let greeted = tokio::select! {
            greeted = self.greet(stream) => greeted,
            // A peer that has not yet introduced itself has nothing in flight.
            () = self.stop.cancelled() => return,
            () = patience.as_mut() => Err(io::ErrorKind::TimedOut.into()),
        };
        match greeted {
            Ok((stream, peer)) => self.serve(stream, peer, patience).await,
            Err(error) => tracing::debug!(%error, "connection refused"),
        }
    }

    /// Waits for the peer to speak and, with TLS, to shake hands; what is known of the
    /// peer then goes into the extensions of each of its requests.
    async fn greet(&self, stream: TcpStream) -> io::Result<(Stream, Extensions)> {
        let mut peer = Extensions::new();
        stream.set_nodelay(true)?;
        peer.insert(stream.connect_info());
        stream.peek(&mut [0]).await?;
        let Some(tls) = &self.tls else {
            return Ok((Either::Left(stream), peer));
        };
        let stream = tls.accept(stream).await?;
        peer.insert(stream.connect_info());
        Ok((Either::Right(Box::new(stream)), peer))
    }

    async fn serve(&self, stream: Stream, peer: Extensions, patience: Pin<&mut Sleep>) {
        let greeted = CancellationToken::new();
        let stream = greeting::watch(stream, greeted.clone());
        let overdue = greeting::overdue(patience, greeted.clone());
        let stack = self
            .stack
            .clone()
            .map_request(move |mut request: Request<Incoming>| {
                // HTTP/1 has no preface: its first request is the greeting.
                greeted.cancel();
                request.extensions_mut().extend(peer.clone());
                request
            });
        let stack = TowerToHyperService::new(stack);
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(stream), stack));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            limit = self.told_to_go() => {
                connection.as_mut().graceful_shutdown();
                timeout(limit, connection).await.unwrap_or(Ok(()))
            }
            () = overdue => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection broke");
        }
    }

    /// Waits until the connection shall end; returns how long its calls may still take.
    async fn told_to_go(&self) -> Duration {
        tokio::select! {
            // The drain of the whole server cuts what does not end.
            () = self.stop.cancelled() => Duration::MAX,
            () = self.aged() => self.grace,
        }
    }

    async fn aged(&self) {
        if self.age.is_zero() {
            return pending().await;
        }
        // Spread, or all clients of a replica reconnect together.
        sleep(self.age.mul_f64(rand::random_range(0.9..1.1))).await;
    }
}

fn http(settings: &Settings) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new());
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.keepalive_interval)
        .keep_alive_timeout(settings.keepalive_timeout)
        .max_concurrent_streams(settings.max_concurrent_streams)
        .max_pending_accept_reset_streams(settings.max_pending_accept_resets)
        .max_header_list_size(settings.max_header_list_bytes);
    http
}

/// Waits for the connections to end by themselves, then ends them: a silent, stalled or
/// streaming peer must not keep the process alive.
async fn finish(mut connections: JoinSet<()>, drain: Duration) {
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(drain, all).await.is_ok() {
        return;
    }
    tracing::warn!(
        connections = connections.len(),
        "cut connections that outlived the drain"
    );
    let _ = timeout(CUT, connections.shutdown()).await;
}
