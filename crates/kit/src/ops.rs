//! The operators' HTTP port: metrics, health, the log level, the version.
//!
//! It asks for no credential and can change the log level: bind it to loopback or to a
//! network of operators only.

mod readiness;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::readiness::{Check, Readiness};
use crate::telemetry::Telemetry;

/// The section `ops` of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where operators reach us; empty = off, port 0 = any free one.
    #[serde(with = "crate::config::optional")]
    pub listen: Option<SocketAddr>,
}

/// What is running.
#[derive(Clone, Debug, Serialize)]
pub struct Version {
    pub program: &'static str,
    pub version: &'static str,
    /// The commit it was built from, when known.
    pub revision: Option<&'static str>,
}

/// What the port shows.
#[derive(Clone, Debug)]
pub struct Ops {
    pub telemetry: Telemetry,
    pub readiness: Readiness,
    pub version: Version,
}

/// How long answers may take after shutdown began; a silent connection never ends.
const GRACE: Duration = Duration::from_secs(1);

/// Far more than any log filter needs.
const BODY_LIMIT_BYTES: usize = 4096;

/// Answers operators until `shutdown`, and a second more for answers under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: Ops,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let server = axum::serve(listener, router(state))
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    tokio::pin!(server);
    tokio::select! {
        ended = &mut server => return ended,
        () = shutdown => stop.cancel(),
    }
    tokio::time::timeout(GRACE, server).await.unwrap_or(Ok(()))
}

fn router(state: Ops) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/log", get(log).put(set_log))
        .route("/metrics", get(metrics))
        .route("/readyz", get(ready))
        .route("/version", get(version))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(state)
}

async fn alive() -> Response {
    Json(json!({ "alive": true })).into_response()
}

async fn ready(State(ops): State<Ops>) -> Response {
    let ready = ops.readiness.is_ready();
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        code,
        Json(json!({ "ready": ready, "checks": ops.readiness.checks() })),
    )
        .into_response()
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let text = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (text, ops.telemetry.render()).into_response()
}

async fn version(State(ops): State<Ops>) -> Response {
    Json(ops.version).into_response()
}

async fn log(State(ops): State<Ops>) -> Response {
    Json(json!({ "filter": ops.telemetry.filter() })).into_response()
}

async fn set_log(State(ops): State<Ops>, body: String) -> Response {
    let before = ops.telemetry.filter();
    if let Err(error) = ops.telemetry.set_filter(body.trim()) {
        let refused = json!({ "error": error.to_string(), "filter": before });
        return (StatusCode::BAD_REQUEST, Json(refused)).into_response();
    }
    tracing::info!(before, after = ops.telemetry.filter(), "log filter changed");
    log(State(ops)).await
}

async fn unknown() -> Response {
    let paths = ["/livez", "/log", "/metrics", "/readyz", "/version"];
    (
        StatusCode::NOT_FOUND,
        Json(json!({ "error": "no such path", "paths": paths })),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::telemetry::{self, Local};

    struct Running {
        address: SocketAddr,
        ops: Ops,
        recorder: metrics_exporter_prometheus::PrometheusRecorder,
        stop: oneshot::Sender<()>,
        server: JoinHandle<io::Result<()>>,
        _dispatch: tracing::Dispatch,
    }

    async fn running() -> Running {
        let Local {
            telemetry,
            dispatch,
            recorder,
        } = Telemetry::local(&telemetry::Settings::default(), io::sink).unwrap();
        let version = Version {
            program: "keynode",
            version: "1.2.3",
            revision: None,
        };
        let ops = Ops {
            telemetry,
            readiness: Readiness::default(),
            version,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, ops.clone(), async {
            let _ = stopped.await;
        }));
        Running {
            address,
            ops,
            recorder,
            stop,
            server,
            _dispatch: dispatch,
        }
    }

    /// One exchange over a real socket: code, headers and body.
    async fn exchange(running: &Running, line: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: ops\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        (code, head.to_owned(), body.to_owned())
    }

    async fn get(running: &Running, path: &str) -> (u16, Value) {
        let (code, _, body) = exchange(running, &format!("GET {path}"), "").await;
        (code, serde_json::from_str(&body).unwrap())
    }

    async fn put_log(running: &Running, filter: &str) -> (u16, Value) {
        let (code, _, body) = exchange(running, "PUT /log", filter).await;
        (code, serde_json::from_str(&body).unwrap())
    }

    #[tokio::test]
    async fn readiness_is_what_the_services_say() {
        let running = running().await;
        assert_eq!(get(&running, "/livez").await.0, 200);
        assert_eq!(
            get(&running, "/readyz").await.0,
            503,
            "nothing has reported yet"
        );
        running.ops.readiness.set("pipeline", true, "");
        running
            .ops
            .readiness
            .set("accounts", false, "database unreachable");
        let (code, body) = get(&running, "/readyz").await;
        assert_eq!(code, 503);
        assert_eq!(body["checks"][0]["service"], "accounts");
        assert_eq!(body["checks"][0]["why"], "database unreachable");
        running.ops.readiness.set("accounts", true, "");
        assert_eq!(get(&running, "/readyz").await.0, 200);
        running.ops.readiness.drain();
        assert_eq!(get(&running, "/readyz").await.0, 503);
    }

    #[tokio::test]
    async fn the_log_filter_is_read_and_changed() {
        let running = running().await;
        assert_eq!(
            get(&running, "/log").await,
            (200, json!({ "filter": "info" }))
        );
        assert_eq!(
            put_log(&running, "debug\n").await,
            (200, json!({ "filter": "debug" }))
        );
        let (code, body) = put_log(&running, "debgu").await;
        assert_eq!(code, 400);
        assert!(body["error"].as_str().unwrap().contains("debgu"), "{body}");
        assert_eq!(running.ops.telemetry.filter(), "debug");
    }

    #[tokio::test]
    async fn metrics_version_and_unknown_paths_are_answered() {
        let running = running().await;
        metrics::with_local_recorder(&running.recorder, || {
            metrics::gauge!("keynode_event_lag", "consumer" => "scoring").set(3);
        });
        let (_, head, text) = exchange(&running, "GET /metrics", "").await;
        assert!(head.contains("content-type: text/plain"), "{head}");
        assert!(
            text.contains(r#"keynode_event_lag{consumer="scoring"} 3"#),
            "{text}"
        );
        let (_, version) = get(&running, "/version").await;
        assert_eq!(version["version"], "1.2.3");
        let (code, body) = get(&running, "/nowhere").await;
        assert_eq!(code, 404);
        assert!(
            body["paths"]
                .as_array()
                .unwrap()
                .contains(&json!("/metrics"))
        );
    }

    #[tokio::test]
    async fn a_silent_connection_does_not_hold_the_shutdown_up() {
        let running = running().await;
        let mut silent = TcpStream::connect(running.address).await.unwrap();
        silent.write_all(b"GET /livez HT").await.unwrap();
        get(&running, "/livez").await;
        let begin = Instant::now();
        running.stop.send(()).unwrap();
        running.server.await.unwrap().unwrap();
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            begin.elapsed()
        );
    }
}
