//! The HTTP door: for now it says whether the services behind it serve.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use keynode_kit::client::Channel;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The section `gateway` of the settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub listen: SocketAddr,
}

type Services = Vec<(&'static str, Channel)>;

const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers HTTP until `shutdown` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(async || Json(json!({ "alive": true }))))
        .route("/readyz", get(ready))
        .with_state(services);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

/// 200 when every service behind the gateway serves, 503 otherwise, each with its state.
async fn ready(State(services): State<Services>) -> (StatusCode, Json<Value>) {
    let checks = services
        .into_iter()
        .map(async |(name, channel)| (name, state(channel).await));
    let states = futures_util::future::join_all(checks).await;
    let ready = states.iter().all(|(_, state)| state == "SERVING");
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let states: serde_json::Map<String, Value> = states
        .into_iter()
        .map(|(name, state)| (name.to_owned(), state.into()))
        .collect();
    (code, Json(json!({ "ready": ready, "services": states })))
}

async fn state(channel: Channel) -> String {
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    request.set_timeout(HEALTH_TIMEOUT);
    match HealthClient::new(channel).check(request).await {
        Ok(answer) => match answer.into_inner().status() {
            ServingStatus::Serving => "SERVING".to_owned(),
            _ => "NOT_SERVING".to_owned(),
        },
        Err(status) => format!("UNREACHABLE: {}", status.message()),
    }
}
