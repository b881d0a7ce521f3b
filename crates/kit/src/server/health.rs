//! `grpc.health.v1`: what the registry of readiness says, per service and overall.

use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::method;
use crate::ops::Readiness;

/// The name under which health answers for the whole process.
const OVERALL: &str = "";

/// Keeps the health service in step with the readiness of the process.
pub struct Health {
    pub reporter: HealthReporter,
    pub readiness: Readiness,
    /// Full gRPC names, e.g. `keynode.pipeline.v1.OpportunityService`.
    pub services: Vec<&'static str>,
}

impl Health {
    /// Tells until `stopping`; then everything is `NOT_SERVING` before a call is refused.
    pub async fn follow(mut self, stopping: CancellationToken) {
        loop {
            self.tell().await;
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.readiness.changed() => {}
            }
        }
        self.readiness.drain();
        self.tell().await;
        self.end_watches().await;
    }

    async fn tell(&self) {
        let checks = self.readiness.checks();
        let overall = self.readiness.is_ready();
        self.report(OVERALL, overall).await;
        for name in &self.services {
            let check = checks
                .iter()
                .find(|check| check.service == method::service(name));
            self.report(name, check.map_or(overall, |check| check.ready))
                .await;
        }
    }

    async fn report(&self, name: &str, ready: bool) {
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.reporter.set_service_status(name, status).await;
    }

    /// Watchers have been told `NOT_SERVING`; without this their streams would never
    /// end and hold up the drain.
    async fn end_watches(&mut self) {
        for name in self.services.iter().copied().chain([OVERALL]) {
            self.reporter.clear_service_status(name).await;
        }
    }
}
