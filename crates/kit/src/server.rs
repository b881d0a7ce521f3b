//! The gRPC server: one stack of layers around any set of services on one port.
//!
//! From the outside in: gRPC-Web, observation, explanation of errors, panics, load
//! shedding, silence, deadlines, authentication, the callers' shares of the streams, and the
//! services with health and reflection.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Request;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceBuilder};

pub use self::deadline::Deadline;
pub use self::observe::{TRACE_ID, TraceId};
pub use self::settings::{Settings, Tls};
use self::step::Around;
use crate::ops::Readiness;

mod accept;
mod deadline;
mod explain;
mod greeting;
mod health;
mod limit;
mod method;
mod observe;
mod panic;
mod places;
mod settings;
mod share;
mod silence;
mod step;
mod tls;

#[cfg(test)]
mod tests;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cause is in the text; as a source it would be shown a second time.
    #[error("cannot listen on {address}: {cause}; {way_out}")]
    Bind {
        address: SocketAddr,
        cause: io::Error,
        way_out: &'static str,
    },
    #[error("cannot use {} ({key}): {why}", file.display())]
    Tls {
        key: &'static str,
        file: PathBuf,
        why: String,
    },
    #[error("the compiled contracts cannot be read: {0}; build again")]
    Contracts(String),
}

/// The services below authentication, and what authentication makes of them.
pub type Services = BoxCloneSyncService<Request<Body>, http::Response<Body>, Infallible>;

/// Gives a generated server the limits of the settings, e.g.
/// `server::sized!(settings, DirectoryServiceServer::new(directory))`. A macro, because
/// tonic has no trait for what its generated servers have in common.
#[macro_export]
macro_rules! sized {
    ($settings:expr, $server:expr) => {
        $server
            .max_decoding_message_size($settings.max_message_bytes)
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
    };
}
pub use crate::sized;

/// A server being put together.
pub struct Server {
    settings: Settings,
    readiness: Readiness,
    routes: Routes,
    services: Vec<&'static str>,
    authenticate: Box<dyn FnOnce(Services) -> Services + Send>,
    stopping: CancellationToken,
}

impl Server {
    /// A server with health and reflection only.
    pub fn new(settings: Settings, readiness: Readiness) -> Self {
        Self {
            settings,
            readiness,
            routes: Routes::default(),
            services: Vec::new(),
            authenticate: Box::new(|services| services),
            stopping: CancellationToken::new(),
        }
    }

    /// Hosts one generated gRPC server; see [`sized!`].
    pub fn host<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.services.push(S::NAME);
        self
    }

    /// Puts this layer around all services, inside of everything else. It sees health
    /// and reflection too and decides what they require.
    pub fn authenticate<A>(mut self, layer: A) -> Self
    where
        A: Layer<Services> + Send + 'static,
        A::Service: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        <A::Service as Service<Request<Body>>>::Future: Send + 'static,
    {
        self.authenticate =
            Box::new(move |services| BoxCloneSyncService::new(layer.layer(services)));
        self
    }

    /// Cancelled when the server begins to shut down. A handler of an endless stream
    /// ends its stream then, or the drain cuts it.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Serves until `shutdown`; then `NOT_SERVING`, GOAWAY, and at most `drain` for the
    /// calls in flight. Returns for sure, whatever the peers do.
    ///
    /// # Errors
    /// When the TLS files or the compiled contracts cannot be read; never later.
    pub async fn serve(
        mut self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        let tls = tls::acceptor(&self.settings.tls)?;
        let health = self.standard_services()?;
        let (settings, stopping) = (self.settings.clone(), self.stopping.clone());
        let stop = CancellationToken::new();
        let acceptor = accept::Acceptor::new(&settings, tls, self.stack()?, stop.clone());

        let end = async {
            shutdown.await;
            stopping.cancel();
        };
        // Health first: balancers must know before calls are refused.
        let told = async {
            tokio::join!(end, health.follow(stopping.clone()));
            stop.cancel();
        };
        tokio::join!(told, acceptor.run(listener, settings.drain));
        Ok(())
    }

    /// Adds health and reflection (v1, and v1alpha for older clients).
    fn standard_services(&mut self) -> Result<health::Health, Error> {
        let reporter = tonic_health::server::HealthReporter::new();
        let health = tonic_health::server::HealthService::from_health_reporter(reporter.clone());
        let details = error_details()?;
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(keynode_proto::DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .register_file_descriptor_set(details.clone())
        };
        self.routes = std::mem::take(&mut self.routes)
            .add_service(tonic_health::pb::health_server::HealthServer::new(health))
            .add_service(reflection().build_v1().map_err(contracts)?)
            .add_service(reflection().build_v1alpha().map_err(contracts)?);
        Ok(health::Health {
            reporter,
            readiness: self.readiness.clone(),
            services: self.services.clone(),
        })
    }

    fn stack(self) -> Result<impl accept::Stack, Error> {
        let methods = method::Methods::read(keynode_proto::DESCRIPTOR_SET).map_err(contracts)?;
        let methods = Arc::new(methods);
        let settings = self.settings;
        let shares = Around(share::Shares {
            methods: Arc::clone(&methods),
            each: settings.streams_each(),
            open: share::Open::default(),
        });
        let services = Services::new(shares.layer(self.routes.prepare()));
        Ok(ServiceBuilder::new()
            .layer(GrpcWebLayer::new())
            .layer(Around(observe::Observe {
                methods: Arc::clone(&methods),
            }))
            .layer(Around(explain::ExplainErrors {
                methods: Arc::clone(&methods),
            }))
            .layer(Around(panic::CatchPanics))
            .layer(Around(limit::Limits::new(
                Arc::clone(&methods),
                settings.max_in_flight,
                settings.max_streams,
            )))
            .layer(Around(silence::Silence {
                methods: Arc::clone(&methods),
                longest: settings.stream_idle_timeout,
            }))
            .layer(Around(deadline::Deadlines {
                methods,
                maximum: settings.timeout,
            }))
            .service((self.authenticate)(services)))
    }
}

/// What the details of an error are made of, under the file's public name. The status that
/// comes with it is left out: the contracts declare it themselves.
fn error_details() -> Result<FileDescriptorSet, Error> {
    let mut set =
        FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).map_err(contracts)?;
    set.file.retain(|file| file.name() != "status.proto");
    for file in &mut set.file {
        if file.name() == "error_details.proto" {
            file.name = Some("google/rpc/error_details.proto".to_owned());
        }
    }
    Ok(set)
}

fn contracts(why: impl std::fmt::Display) -> Error {
    Error::Contracts(why.to_string())
}

/// Takes the port.
///
/// # Errors
/// Names the address, the cause and the way out.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|cause| {
        let way_out = way_out(cause.kind());
        Error::Bind {
            address,
            cause,
            way_out,
        }
    })
}

fn way_out(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "stop the program that has the port or set server.listen",
        io::ErrorKind::PermissionDenied => "set server.listen to a port above 1023",
        io::ErrorKind::AddrNotAvailable => "set server.listen to an address of this machine",
        _ => "set server.listen to a free address",
    }
}
