//! Where spans go: to the collector, or nowhere but with ids all the same.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::{Error, Settings};

/// How long the collector may take for one batch.
const EXPORT: Duration = Duration::from_secs(5);

pub(super) fn provider(settings: &Settings) -> Result<SdkTracerProvider, Error> {
    let builder = SdkTracerProvider::builder();
    if settings.otlp_endpoint.is_empty() {
        // Spans get ids and pass the caller's on, but nothing is recorded.
        let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
        return Ok(builder.with_sampler(sampler).build());
    }
    Ok(builder
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_resource(resource(&settings.service_name))
        .with_batch_exporter(exporter(&settings.otlp_endpoint)?)
        .build())
}

/// Requests and what they do; the insides of the transport would drown them, and the
/// exporter would export itself.
pub(super) fn own_spans() -> Targets {
    let foreign = [
        "h2",
        "hyper",
        "hyper_util",
        "opentelemetry",
        "reqwest",
        "rustls",
        "tonic",
        "tower",
    ];
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(foreign.map(|target| (target, LevelFilter::OFF)))
}

fn resource(service_name: &str) -> Resource {
    Resource::builder()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new(
            "service.instance.id",
            uuid::Uuid::now_v7().to_string(),
        ))
        .build()
}

fn exporter(endpoint: &str) -> Result<SpanExporter, Error> {
    let refused = |reason: String| Error::Endpoint {
        endpoint: endpoint.to_owned(),
        reason,
    };
    let uri: http::Uri = endpoint
        .parse()
        .map_err(|error| refused(format!("{error}")))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(refused("it names neither http nor https".to_owned()));
    }
    tokio::runtime::Handle::try_current().map_err(|_| Error::Runtime)?;
    SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT)
        .build()
        .map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
        TraceService, TraceServiceServer,
    };
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
    };
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::TcpListenerStream;

    use super::super::{Local, Telemetry, propagation};
    use super::*;

    struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

    #[tonic::async_trait]
    impl TraceService for Collector {
        async fn export(
            &self,
            request: tonic::Request<ExportTraceServiceRequest>,
        ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
            self.0.send(request.into_inner()).unwrap();
            Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
        }
    }

    async fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        (listener, endpoint)
    }

    async fn collector() -> (String, mpsc::UnboundedReceiver<ExportTraceServiceRequest>) {
        let (listener, endpoint) = listener().await;
        let (sender, received) = mpsc::unbounded_channel();
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(Collector(sender)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        (endpoint, received)
    }

    fn local(otlp_endpoint: String) -> Local {
        let settings = Settings {
            otlp_endpoint,
            service_name: "keynode-pipeline".to_owned(),
            ..Settings::default()
        };
        Telemetry::local(&settings, std::io::sink).unwrap()
    }

    /// One request that came with these headers; what it would send on.
    fn request(local: &Local, headers: &http::HeaderMap) -> (String, http::HeaderMap) {
        tracing::dispatcher::with_default(&local.dispatch, || {
            let span = tracing::info_span!("request", method = "AdvanceOpportunity");
            let trace_id = propagation::follow(&span, headers);
            let mut onward = http::HeaderMap::new();
            span.in_scope(|| propagation::inject(&span, &mut onward));
            (trace_id, onward)
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_collector_gets_our_trace_id_and_name() {
        let (endpoint, mut received) = collector().await;
        let local = local(endpoint);
        let (trace_id, _) = request(&local, &http::HeaderMap::new());
        local.telemetry.shutdown().await;

        let export = received
            .try_recv()
            .expect("spans were exported before shutdown returned");
        let spans = &export.resource_spans[0];
        let span = &spans.scope_spans[0].spans[0];
        assert_eq!(span.name, "request");
        assert_eq!(hex(&span.trace_id), trace_id);
        assert!(
            span.parent_span_id.is_empty(),
            "a root has no made-up parent"
        );
        let named = format!("{:?}", spans.resource.as_ref().unwrap().attributes);
        assert!(named.contains("keynode-pipeline"), "{named}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_callers_trace_is_continued() {
        let (endpoint, mut received) = collector().await;
        let local = local(endpoint);
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let headers = [(
            http::HeaderName::from_static("traceparent"),
            caller.parse().unwrap(),
        )];
        let (trace_id, onward) = request(&local, &headers.into_iter().collect());
        local.telemetry.shutdown().await;

        let export = received.try_recv().unwrap();
        let span = &export.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(trace_id, "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
        let expected = format!("00-{trace_id}-{}-01", hex(&span.span_id));
        assert_eq!(onward["traceparent"], expected);
    }

    #[tokio::test]
    async fn without_a_collector_ids_are_made_and_passed_on() {
        let local = local(String::new());
        let (first, onward) = request(&local, &http::HeaderMap::new());
        assert_eq!(propagation::trace_id_of(&onward), first);
        let (second, _) = request(&local, &onward);
        assert_eq!(second, first);
        assert_ne!(request(&local, &http::HeaderMap::new()).0, first);
    }

    #[tokio::test]
    async fn a_quiet_log_does_not_take_the_ids_away() {
        let local = local(String::new());
        local.telemetry.set_filter("off").unwrap();
        let (trace_id, onward) = request(&local, &http::HeaderMap::new());
        assert_eq!(propagation::trace_id_of(&onward), trace_id);
    }

    #[tokio::test]
    async fn a_collector_behind_tls_is_accepted() {
        local("https://collector.example:4317".to_owned());
    }

    /// Starts, makes a span and shuts down against an endpoint that never answers.
    async fn takes(endpoint: String) -> (Duration, Duration) {
        let begin = Instant::now();
        let local = local(endpoint);
        let started = begin.elapsed();
        request(&local, &http::HeaderMap::new());
        let begin = Instant::now();
        local.telemetry.shutdown().await;
        (started, begin.elapsed())
    }

    #[tokio::test]
    async fn a_collector_that_is_not_there_or_silent_holds_nothing_up() {
        let (closed, gone) = listener().await;
        drop(closed);
        let (_silent, stalled) = listener().await;
        for endpoint in [gone, stalled] {
            let (start, shutdown) = takes(endpoint.clone()).await;
            assert!(
                start < Duration::from_secs(1),
                "{endpoint}: start took {start:?}"
            );
            assert!(
                shutdown < Duration::from_millis(2500),
                "{endpoint}: {shutdown:?}"
            );
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
