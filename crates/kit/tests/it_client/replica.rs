//! A server of the directory that answers what a script says.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};

use super::HANG;

/// What a server does with one call.
#[derive(Clone)]
pub enum Reply {
    Good,
    Bad(Status),
    /// Never answers.
    Silence,
    /// Sends the headers and then nothing.
    HeadersOnly,
}

/// One process serving the directory, on a runtime of its own so that killing it closes
/// its sockets at once.
pub struct Replica {
    pub address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    pub directory: Directory,
}

#[derive(Clone, Default)]
pub struct Directory {
    /// Taken one by one; when none is left, calls are answered well.
    script: Arc<Mutex<VecDeque<Reply>>>,
    pub seen: Arc<Mutex<Vec<(Instant, HeaderMap)>>>,
    pub arrived: Arc<Notify>,
}

impl Directory {
    pub fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub fn header(&self, name: &str) -> Option<HeaderValue> {
        self.seen
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .1
            .get(name)
            .cloned()
    }

    fn take(&self, headers: &HeaderMap) -> Reply {
        self.seen
            .lock()
            .unwrap()
            .push((Instant::now(), headers.clone()));
        self.arrived.notify_one();
        self.script
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Reply::Good)
    }
}

impl tonic::server::NamedService for Directory {
    const NAME: &'static str = "keynode.accounts.v1.DirectoryService";
}

impl tower::Service<Request<Body>> for Directory {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.take(request.headers()) {
            Reply::Good => ready(Ok(good())).boxed(),
            Reply::Bad(status) => ready(Ok(status.into_http())).boxed(),
            Reply::Silence => pending().boxed(),
            Reply::HeadersOnly => ready(Ok(grpc(Body::new(StreamBody::new(stream::pending::<
                Result<Frame<Bytes>, Status>,
            >())))))
            .boxed(),
        }
    }
}

/// An empty message and status OK.
fn good() -> Response<Body> {
    let trailers = [(Status::GRPC_STATUS, HeaderValue::from_static("0"))];
    let frames = [
        Frame::data(Bytes::from_static(&[0; 5])),
        Frame::trailers(trailers.into_iter().collect()),
    ];
    grpc(Body::new(StreamBody::new(
        stream::iter(frames).map(Ok::<_, Status>),
    )))
}

fn grpc(body: Body) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/grpc")
        .body(body)
        .unwrap()
}

impl Replica {
    pub fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script, None)
    }

    pub fn start_at(
        address: SocketAddr,
        script: impl IntoIterator<Item = Reply>,
        tls: Option<ServerTlsConfig>,
    ) -> Self {
        let directory = Directory::default();
        directory.script.lock().unwrap().extend(script);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let service = directory.clone();
        runtime.spawn(async move {
            let listener = TcpListener::bind(address).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let (_, health) = tonic_health::server::health_reporter();
            let mut server = match tls {
                Some(tls) => Server::builder().tls_config(tls).unwrap(),
                None => Server::builder(),
            };
            let server = server.add_service(service).add_service(health);
            server
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
                .unwrap();
        });
        let address = told.recv_timeout(HANG).unwrap();
        Self {
            address,
            runtime: Some(runtime),
            directory,
        }
    }

    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.kill();
    }
}
