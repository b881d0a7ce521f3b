//! `keynode health`: asks a server whether it serves; for probes and people.

use std::time::Duration;

use anyhow::bail;
use keynode_kit::client::{Channel, Credentials, Settings};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Whom to ask, and about what.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// The server.
    #[arg(
        long,
        env = "KEYNODE_ENDPOINT",
        default_value = "http://127.0.0.1:7400"
    )]
    pub endpoint: String,
    /// A gRPC service, e.g. `keynode.pipeline.v1.OpportunitiesService`; empty = the whole process.
    #[arg(long, default_value = "")]
    pub service: String,
}

/// Succeeds when the answer is SERVING.
pub async fn run(args: HealthArgs) -> anyhow::Result<()> {
    let settings = Settings {
        timeout: Duration::from_secs(3),
        attempts: 1,
        ..Settings::default()
    };
    let channel = Channel::new(&args.endpoint, &settings, Credentials::None)?;
    let request = HealthCheckRequest {
        service: args.service,
    };
    match HealthClient::new(channel).check(request).await {
        Ok(answer) if answer.get_ref().status() == ServingStatus::Serving => {
            crate::out::line("SERVING")
        }
        Ok(_) => bail!(
            "{} is NOT_SERVING; GET /readyz on its operators' port says why",
            args.endpoint
        ),
        Err(status) => bail!("{} does not answer: {}", args.endpoint, status.message()),
    }
}
