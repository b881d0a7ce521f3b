//! The layer in front of every handler.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{Request, Response};
use jiff::Timestamp;
use keynode_proto::{METHODS, Method};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tower::{Layer, Service};

use super::authenticator::Authenticator;
use super::policies::Policies;
use super::refusal::Refusal;
use super::rights::Rights;
use crate::call::{Call, Principal, TenantId};
use crate::clock::Clock;
use crate::error::{Explain as _, Fault};
use crate::server::{Deadline, TraceId};

static BY_PATH: LazyLock<HashMap<&str, &Method>> =
    LazyLock::new(|| METHODS.iter().map(|method| (method.path, method)).collect());

/// Lets a request through to its handler when its caller is known and permitted, and
/// gives the handler a [`Call`]. Paths of no contract (health, reflection, mistakes)
/// pass without one.
#[derive(Clone)]
pub struct AuthLayer {
    authenticator: Authenticator,
    policies: Policies,
    clock: Clock,
    on_denied: Arc<dyn Fn(Denial) + Send + Sync>,
}

/// A request that was not let through, for the log of denials. It comes before any
/// limit on the caller: whoever writes it down bounds how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// None while the caller is unknown.
    pub tenant: Option<TenantId>,
    /// Empty while the caller is unknown.
    pub subject: String,
    /// The gRPC path.
    pub method: &'static str,
    pub permission: &'static str,
    /// As in `ErrorInfo`, e.g. `PERMISSION_DENIED`.
    pub reason: String,
    pub trace_id: String,
    pub at: Timestamp,
}

impl AuthLayer {
    pub fn new(authenticator: Authenticator, policies: Policies, clock: Clock) -> Self {
        Self {
            authenticator,
            policies,
            clock,
            on_denied: Arc::new(|_| {}),
        }
    }

    /// Also tells `hook` of every refusal. It runs inside the request: it must not block.
    pub fn on_denied(mut self, hook: Arc<dyn Fn(Denial) + Send + Sync>) -> Self {
        self.on_denied = hook;
        self
    }

    async fn admit(
        &self,
        request: &mut Request<Body>,
        method: &'static Method,
    ) -> Result<(), Fault> {
        if let Some(value) = request.headers_mut().get_mut(AUTHORIZATION) {
            value.set_sensitive(true);
        }
        let principal = self.authenticator.authenticate(request.headers()).await;
        let principal =
            principal.map_err(|refusal| self.denied(request, method, None, &refusal))?;
        record(&principal);
        if !self.policies.permits(&principal, method) {
            let refusal = Refusal::Denied {
                subject: principal.subject.clone(),
                permission: method.permission,
                method: method.path,
            };
            return Err(self.denied(request, method, Some(&principal), &refusal));
        }
        let call = self.call(request, method, principal);
        request.extensions_mut().insert(call);
        Ok(())
    }

    fn call(&self, request: &Request<Body>, method: &Method, principal: Principal) -> Call {
        let sent = request.headers().get(AUTHORIZATION);
        let reveals = self.policies.reveals(&principal, method);
        let mut authorization =
            sent.and_then(|value| MetadataValue::try_from(value.as_bytes()).ok());
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Call {
            principal,
            method: method.path.to_owned(),
            now: self.clock.now(),
            deadline: request
                .extensions()
                .get::<Deadline>()
                .map(|deadline| deadline.0),
            trace_id: trace_id(request),
            authorization,
            reveals,
            rights: Rights::by(self.policies.clone()),
        }
    }

    fn denied(
        &self,
        request: &Request<Body>,
        method: &'static Method,
        principal: Option<&Principal>,
        refusal: &Refusal,
    ) -> Fault {
        let fault = refusal.explain();
        if let Refusal::Unavailable(_) = refusal {
            return fault;
        }
        (self.on_denied)(Denial {
            tenant: principal.and_then(|principal| principal.tenant),
            subject: principal
                .map(|principal| principal.subject.clone())
                .unwrap_or_default(),
            method: method.path,
            permission: method.permission,
            reason: fault.reason().to_owned(),
            trace_id: trace_id(request),
            at: self.clock.now(),
        });
        fault
    }
}

fn trace_id(request: &Request<Body>) -> String {
    request
        .extensions()
        .get::<TraceId>()
        .map(|id| id.0.clone())
        .unwrap_or_default()
}

fn record(principal: &Principal) {
    let span = tracing::Span::current();
    span.record("subject", principal.subject.as_str());
    if let Some(tenant) = principal.tenant {
        span.record("tenant", tracing::field::display(tenant));
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            layer: self.clone(),
            inner,
        }
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    layer: AuthLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone stays behind: it is `self.inner` that was made ready.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        // No one but this layer says who calls.
        request.extensions_mut().remove::<Call>();
        let Some(method) = BY_PATH.get(request.uri().path()).copied() else {
            return Box::pin(inner.call(request));
        };
        let layer = self.layer.clone();
        Box::pin(async move {
            match layer.admit(&mut request, method).await {
                Ok(()) => inner.call(request).await,
                Err(fault) => Ok(Status::from(fault).into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
