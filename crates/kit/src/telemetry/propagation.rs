//! The trace a request belongs to, in and out (W3C Trace Context).

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The caller's span.
#[derive(Clone, Debug)]
pub struct Parent {
    pub context: Context,
    /// 32 hex digits.
    pub trace_id: String,
}

/// The caller's span, when the request carries a valid `traceparent`.
pub fn extract(headers: &HeaderMap) -> Option<Parent> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &In(headers));
    let trace_id = id_in(&context)?;
    Some(Parent { context, trace_id })
}

/// The trace of a request that has no span: the caller's, or a new one (32 hex digits).
/// Where there is a span, use [`follow`], so that logs, headers and exports agree.
pub fn trace_id_of(headers: &HeaderMap) -> String {
    extract(headers).map_or_else(new_trace_id, |parent| parent.trace_id)
}

/// Makes a request's span continue the caller's trace, or start one, and returns the
/// trace id (32 hex digits). It is also recorded in the span's field `trace_id`, if
/// declared. Call it before the span is entered: later, the span has a trace already.
pub fn follow(span: &Span, headers: &HeaderMap) -> String {
    if let Some(parent) = extract(headers) {
        // Fails only where no telemetry is started; then the ids below still hold.
        let _ = span.set_parent(parent.context);
    }
    let trace_id = trace_id(span).unwrap_or_else(|| trace_id_of(headers));
    span.record("trace_id", trace_id.as_str());
    trace_id
}

/// The trace a span belongs to, when telemetry is started.
pub fn trace_id(span: &Span) -> Option<String> {
    id_in(&span.context())
}

/// Puts the span's `traceparent` and `tracestate` into the headers of an outgoing call.
pub fn inject(span: &Span, headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut Out(headers));
}

fn id_in(context: &Context) -> Option<String> {
    let span = context.span();
    let span_context = span.span_context();
    span_context
        .is_valid()
        .then(|| span_context.trace_id().to_string())
}

fn new_trace_id() -> String {
    TraceId::from_bytes(rand::random()).to_string()
}

struct In<'a>(&'a HeaderMap);

impl Extractor for In<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Out<'a>(&'a mut HeaderMap);

impl Injector for Out<'_> {
    fn set(&mut self, key: &str, value: String) {
        let pair = (
            HeaderName::from_bytes(key.as_bytes()),
            HeaderValue::try_from(value),
        );
        if let (Ok(name), Ok(value)) = pair
            && !value.is_empty()
        {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(traceparent: &'static str) -> HeaderMap {
        let pair = (
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static(traceparent),
        );
        std::iter::once(pair).collect()
    }

    #[test]
    fn a_new_trace_is_made_when_none_valid_came_in() {
        for traceparent in [
            "",
            "x",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            let id = trace_id_of(&headers(traceparent));
            assert!(
                id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
                "{id}"
            );
            assert_ne!(id, trace_id_of(&headers(traceparent)));
        }
    }

    #[test]
    fn the_callers_trace_holds_even_where_no_telemetry_is_started() {
        let headers = headers("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let id =
            tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), || {
                follow(&tracing::info_span!("request"), &headers)
            });
        assert_eq!(id, "0af7651916cd43dd8448eb211c80319c");
    }
}
