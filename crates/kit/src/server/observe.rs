//! What the operator sees of a call: one span, three metrics, and a trace id that the
//! caller is told with every answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Frame, SizeHint};
use metrics::{counter, gauge, histogram};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::method::Methods;
use super::step::{Inner, Next, Step};
use crate::telemetry::propagation;

/// The response metadata that names the trace.
pub const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

/// The call's W3C trace id, 32 hex digits, in the request's extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceId(pub String);

/// The step that watches calls.
#[derive(Clone)]
pub struct Observe {
    pub methods: Arc<Methods>,
}

impl Step for Observe {
    async fn around<S: Inner>(self, mut request: Request<Body>, next: Next<S>) -> Response<Body> {
        let record = Record::open(&self.methods, request.uri().path());
        let span = record.span.clone();
        let trace_id = propagation::follow(&span, request.headers());
        let header = HeaderValue::from_str(&trace_id);
        request.extensions_mut().insert(TraceId(trace_id));
        let mut response = next.run(request).instrument(span).await;
        if let Ok(id) = header {
            response.headers_mut().insert(TRACE_ID, id);
        }
        watched(response, record)
    }
}

fn watched(response: Response<Body>, mut record: Record) -> Response<Body> {
    record.read(response.headers());
    response.map(|body| Body::new(Watched { body, record }))
}

/// What is written down of one call when it is over, however it ends: also when the
/// caller goes away and the future is dropped.
struct Record {
    span: Span,
    service: String,
    method: String,
    started: Instant,
    /// None until a status was seen.
    code: Option<Code>,
}

impl Record {
    fn open(methods: &Methods, path: &str) -> Self {
        let (service, method) = methods.labels(path);
        gauge!("keynode_rpc_in_flight", "service" => service.clone()).increment(1.0);
        let span = tracing::info_span!(
            "rpc",
            otel.kind = "server",
            method = %path,
            trace_id = Empty,
            code = Empty,
            latency_ms = Empty,
            tenant = Empty,
            subject = Empty,
        );
        Self {
            span,
            service,
            method,
            started: Instant::now(),
            code: None,
        }
    }

    fn read(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let code = name(self.code.unwrap_or(Code::Cancelled));
        let elapsed = self.started.elapsed();
        let (service, method) = (self.service.clone(), self.method.clone());
        gauge!("keynode_rpc_in_flight", "service" => service.clone()).decrement(1.0);
        counter!(
            "keynode_rpc_requests_total",
            "service" => service.clone(), "method" => method.clone(), "code" => code,
        )
        .increment(1);
        histogram!("keynode_rpc_duration_seconds", "service" => service, "method" => method)
            .record(elapsed.as_secs_f64());
        self.span.record("code", code);
        self.span.record("latency_ms", elapsed.as_secs_f64() * 1e3);
        self.span.in_scope(|| match self.code {
            Some(Code::Ok) => tracing::debug!("call answered"),
            _ => tracing::info!("call failed"),
        });
    }
}

/// A response body that runs inside the call's span and reads the code in its trailers.
struct Watched {
    body: Body,
    record: Record,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let _inside = this.record.span.clone().entered();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let Some(trailers) = frame.as_ref().and_then(|f| f.as_ref().ok()?.trailers_ref()) {
            this.record.read(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The code as gRPC spells it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
