//! Load shedding: what cannot be worked on now is refused at once, with the time to
//! come back, instead of queueing until every caller has given up.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use keynode_proto::common::v1::ErrorReason;
use tokio::sync::Semaphore;
use tonic::Code;
use tonic::body::Body;

use super::method::{Methods, is_standard};
use super::step::{Inner, Next, Step, refuse};
use crate::error::Fault;

/// The step that counts calls and streams of the whole process.
#[derive(Clone)]
pub struct Limits {
    methods: Arc<Methods>,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Limits {
    pub fn new(methods: Arc<Methods>, max_in_flight: usize, max_streams: usize) -> Self {
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            methods,
            calls: semaphore(max_in_flight),
            streams: semaphore(max_streams),
        }
    }

    /// A stream of either side lasts as long as its caller likes: it must not take the
    /// place of a call.
    fn is_stream(&self, path: &str) -> bool {
        let shape = self.methods.shape(path);
        shape.is_some_and(|shape| !shape.is_unary())
    }
}

impl Step for Limits {
    async fn around<S: Inner>(self, request: Request<Body>, next: Next<S>) -> Response<Body> {
        let path = request.uri().path();
        if is_standard(path) {
            return next.run(request).await;
        }
        if self.is_stream(path) {
            let Ok(stream) = Arc::clone(&self.streams).try_acquire_owned() else {
                return shed(&self.methods, path, "streams");
            };
            return while_open(next.run(request).await, stream);
        }
        let Ok(_call) = Arc::clone(&self.calls).try_acquire_owned() else {
            return shed(&self.methods, path, "calls");
        };
        next.run(request).await
    }
}

/// Keeps a place until the answer is sent or its reader is gone.
pub(super) fn while_open<P: Send + 'static>(response: Response<Body>, place: P) -> Response<Body> {
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _open = &place;
            frame
        }))
    })
}

/// Refuses a call for which there is no place, and counts it.
pub(super) fn shed(methods: &Methods, path: &str, what: &str) -> Response<Body> {
    let (service, _) = methods.labels(path);
    metrics::counter!("keynode_overload_refusals_total", "service" => service).increment(1);
    refuse(overloaded(what))
}

fn overloaded(what: &str) -> Fault {
    // Spread, or everyone who was refused comes back together.
    let delay = Duration::from_millis(rand::random_range(500..1_500));
    Fault::new(
        Code::ResourceExhausted,
        ErrorReason::Overloaded.as_str_name(),
        format!("too many {what} at once; retry after the delay given"),
    )
    .zh("系统繁忙,请稍后重试")
    .with("limit", what)
    .retry_after(delay)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use metrics_exporter_prometheus::PrometheusBuilder;
    use prost::Message;
    use prost_types::{
        FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
    };
    use tonic::Status;
    use tower::{Layer, ServiceExt, service_fn};

    use super::super::step::Around;
    use super::*;

    /// A contract with `/keynode.x.v1.F/Follow`, which answers with a stream, and
    /// `/keynode.x.v1.F/Bring`, which takes one.
    fn contract() -> Arc<Methods> {
        let method = |name: &str, asks, answers| MethodDescriptorProto {
            name: Some(name.to_owned()),
            client_streaming: Some(asks),
            server_streaming: Some(answers),
            ..MethodDescriptorProto::default()
        };
        let service = ServiceDescriptorProto {
            name: Some("F".to_owned()),
            method: vec![method("Follow", false, true), method("Bring", true, false)],
            ..ServiceDescriptorProto::default()
        };
        let file = FileDescriptorProto {
            package: Some("keynode.x.v1".to_owned()),
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        Arc::new(Methods::read(&FileDescriptorSet { file: vec![file] }.encode_to_vec()).unwrap())
    }

    /// The status of a call at once, none if it is let through.
    async fn call(limits: &Limits, path: &str) -> (Option<Status>, Response<Body>) {
        let service = service_fn(|_: Request<Body>| async {
            let endless = futures_util::stream::pending::<Result<_, Status>>();
            Ok::<_, Infallible>(Response::new(Body::new(http_body_util::StreamBody::new(
                endless,
            ))))
        });
        let request = Request::post(path).body(Body::empty()).unwrap();
        let response = Around(limits.clone())
            .layer(service)
            .oneshot(request)
            .await
            .unwrap();
        (Status::from_header_map(response.headers()), response)
    }

    #[tokio::test]
    async fn an_open_stream_holds_a_place_among_streams_only() {
        let limits = Limits::new(contract(), 1, 1);
        let (refused, open) = call(&limits, "/keynode.x.v1.F/Follow").await;
        assert!(refused.is_none());
        let (refused, _) = call(&limits, "/keynode.x.v1.F/Unary").await;
        assert!(refused.is_none(), "the stream no longer counts as a call");
        let (refused, _) = call(&limits, "/keynode.x.v1.F/Follow").await;
        assert_eq!(refused.unwrap().code(), Code::ResourceExhausted);
        drop(open);
        let (refused, _) = call(&limits, "/keynode.x.v1.F/Follow").await;
        assert!(refused.is_none(), "the place is free again");
    }

    #[tokio::test]
    async fn what_is_brought_as_a_stream_takes_no_place_of_a_call() {
        let limits = Limits::new(contract(), 0, 1);
        let (refused, _open) = call(&limits, "/keynode.x.v1.F/Bring").await;
        assert!(refused.is_none());
        let (refused, _) = call(&limits, "/keynode.x.v1.F/Bring").await;
        assert_eq!(refused.unwrap().code(), Code::ResourceExhausted);
    }

    #[tokio::test]
    async fn refusals_are_counted_by_service() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let no_streams = Limits::new(contract(), 1, 0);
        call(&no_streams, "/keynode.x.v1.F/Unary").await;
        call(&no_streams, "/keynode.x.v1.F/Follow").await;
        call(&Limits::new(contract(), 0, 0), "/keynode.x.v1.F/Follow").await;
        let text = recorder.handle().render();
        let line = r#"keynode_overload_refusals_total{service="x"} 2"#;
        assert!(text.contains(line), "{text}");
    }

    #[tokio::test]
    async fn health_answers_when_nothing_else_does() {
        let limits = Limits::new(contract(), 0, 0);
        assert!(call(&limits, "/keynode.x.v1.F/Unary").await.0.is_some());
        assert!(
            call(&limits, "/grpc.health.v1.Health/Check")
                .await
                .0
                .is_none()
        );
    }
}
