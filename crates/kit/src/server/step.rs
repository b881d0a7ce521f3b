//! The frame of every layer of the stack: a step sees the request, may let it pass,
//! and sees the answer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::error::Fault;

/// A gRPC service or the part of the stack below a step.
pub trait Inner:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Inner for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// One thing done around every call.
pub trait Step: Clone + Send + Sync + 'static {
    fn around<S: Inner>(
        self,
        request: Request<Body>,
        next: Next<S>,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// What comes after a step; used once.
pub struct Next<S>(S);

impl<S: Inner> Next<S> {
    pub async fn run(mut self, request: Request<Body>) -> Response<Body> {
        match self.0.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The answer to a call that goes no further.
pub fn refuse(fault: Fault) -> Response<Body> {
    Status::from(fault).into_http()
}

/// Makes a tower layer of a step.
#[derive(Clone)]
pub struct Around<T>(pub T);

impl<T: Step, S> Layer<S> for Around<T> {
    type Service = Stepped<T, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Stepped {
            step: self.0.clone(),
            inner,
        }
    }
}

/// A service with a step around it.
#[derive(Clone)]
pub struct Stepped<T, S> {
    step: T,
    inner: S,
}

impl<T: Step, S: Inner> Service<Request<Body>> for Stepped<T, S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone may not be.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let answer = self.step.clone().around(request, Next(ready));
        Box::pin(async move { Ok(answer.await) })
    }
}
