//! How a service, or the command line, calls a service: one [`Channel`] per target,
//! balanced over its replicas, with deadline, retries, credentials and trace.
//!
//! ```no_run
//! # use keynode_kit::{call::Call, client::{Channel, Credentials, Settings}};
//! # use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
//! # fn example(call: &Call) -> Result<(), keynode_kit::client::Error> {
//! let accounts = Channel::new("http://accounts:7001", &Settings::default(), Credentials::None)?;
//! let directory = DirectoryServiceClient::new(accounts.for_call(call));
//! # Ok(()) }
//! ```

mod attempt;
mod balance;
mod body;
mod circuit;
mod context;
mod contract;
mod fault;
mod replica;
mod settings;
mod target;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::{Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::{Ascii, MetadataValue};

pub use self::settings::{Backoff, Keepalive, Settings, Tls};

use self::balance::Balance;
use self::context::Context;
use crate::call::{Call, TenantId};

/// Why a channel cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("target {target:?} is not understood: {why}; write it like http://host:port")]
    Target { target: String, why: &'static str },
    #[error("{file} cannot be read; correct client.tls or the file's rights")]
    File {
        file: String,
        source: std::io::Error,
    },
    #[error("client.tls names only one of cert_file and key_file; name both or neither")]
    HalfIdentity,
    #[error("the bearer token holds characters that no header can carry; check its source")]
    Bearer,
    #[error("the connection cannot be set up; check the target and the files of client.tls")]
    Endpoint(#[from] tonic::transport::Error),
}

/// As whom a channel calls when it calls on nobody's behalf.
#[derive(Clone)]
pub enum Credentials {
    /// As nobody.
    None,
    /// As a service: makes the value of `authorization` for each call.
    Service(Arc<dyn Fn() -> MetadataValue<Ascii> + Send + Sync>),
    /// With a token or an API key, sent as `authorization: Bearer …`.
    Bearer(SecretString),
}

/// A target to call; cheap to clone, connects when first used. Generated clients take it.
#[derive(Clone)]
pub struct Channel {
    shared: Arc<Shared>,
    context: Context,
}

struct Shared {
    target: Arc<str>,
    settings: Settings,
    credentials: Credentials,
    balance: Arc<Balance>,
}

impl Channel {
    /// A channel to `target`: `http://host:port`, `https://…` or `dns:///host:port`, or
    /// several of them separated by commas. It need not run yet.
    ///
    /// # Errors
    /// When the target, the certificates or the bearer token are no such thing.
    pub fn new(target: &str, settings: &Settings, credentials: Credentials) -> Result<Self, Error> {
        if matches!(credentials, Credentials::Bearer(_)) && credentials.authorization().is_none() {
            return Err(Error::Bearer);
        }
        let targets = target::parse(target, settings)?;
        let shared = Shared {
            target: target.into(),
            balance: Arc::new(Balance::new(targets, settings.clone())),
            settings: settings.clone(),
            credentials,
        };
        Ok(Self {
            shared: Arc::new(shared),
            context: Context::default(),
        })
    }

    /// The same channel on behalf of whoever made `call`: with its credential, within
    /// its deadline, in its trace.
    pub fn for_call(&self, call: &Call) -> Self {
        Self {
            shared: self.shared.clone(),
            context: Context::of(call),
        }
    }

    /// The same channel with the service's own credential, acting in `tenant`. After
    /// [`Self::for_call`], deadline and trace stay those of the call.
    pub fn as_service(&self, tenant: Option<TenantId>) -> Self {
        Self {
            shared: self.shared.clone(),
            context: self.context.clone().with_own_identity(tenant),
        }
    }

    /// The target as it was given.
    pub fn target(&self) -> &str {
        &self.shared.target
    }
}

impl tower::Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(attempt::call(self.clone(), request))
    }
}

impl Credentials {
    fn authorization(&self) -> Option<MetadataValue<Ascii>> {
        match self {
            Self::None => None,
            Self::Service(mint) => Some(mint()),
            Self::Bearer(secret) => format!("Bearer {}", secret.expose_secret()).parse().ok(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Service(_) => "Service(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("target", &self.shared.target)
            .finish_non_exhaustive()
    }
}
