//! The metrics of every service: their names, meanings and buckets.
//!
//! Write them with the macros of `metrics`, e.g.
//! `metrics::gauge!("keynode_event_lag", "consumer" => name).set(behind)`.

use ::metrics::{KeyName, Recorder, Unit};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Kind, name, unit and meaning; a new metric is one line here.
const MEASURES: &[(Kind, &str, Unit, &str)] = &[
    (
        Kind::Counter,
        "keynode_rpc_requests_total",
        Unit::Count,
        "Calls answered, by service, method and gRPC code.",
    ),
    (
        Kind::Histogram,
        "keynode_rpc_duration_seconds",
        Unit::Seconds,
        "Time from request to response, by service and method.",
    ),
    (
        Kind::Gauge,
        "keynode_rpc_in_flight",
        Unit::Count,
        "Calls being answered, by service.",
    ),
    (
        Kind::Gauge,
        "keynode_db_pool_connections",
        Unit::Count,
        "Database connections, by role and state (idle, used).",
    ),
    (
        Kind::Gauge,
        "keynode_event_lag",
        Unit::Count,
        "Events a consumer is behind the log.",
    ),
    (
        Kind::Gauge,
        "keynode_event_lag_seconds",
        Unit::Seconds,
        "Age of the oldest event a consumer has not handled.",
    ),
    (
        Kind::Counter,
        "keynode_client_attempts_total",
        Unit::Count,
        "Attempts of calls to other services, by target and outcome.",
    ),
    (
        Kind::Counter,
        "keynode_overload_refusals_total",
        Unit::Count,
        "Calls refused because too many were in flight, by service.",
    ),
];

/// Upper bounds in seconds, from one millisecond to the longest deadline.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

pub(super) fn recorder() -> PrometheusRecorder {
    let recorder = builder()
        .expect("the buckets are a list that is not empty")
        .build_recorder();
    for (kind, name, unit, meaning) in MEASURES {
        let (name, unit) = (KeyName::from_const_str(name), Some(*unit));
        match kind {
            Kind::Counter => recorder.describe_counter(name, unit, (*meaning).into()),
            Kind::Gauge => recorder.describe_gauge(name, unit, (*meaning).into()),
            Kind::Histogram => recorder.describe_histogram(name, unit, (*meaning).into()),
        }
    }
    recorder
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_is_rendered_with_its_meaning() {
        let recorder = recorder();
        ::metrics::with_local_recorder(&recorder, || {
            for (kind, name, _, _) in MEASURES {
                match kind {
                    Kind::Counter => ::metrics::counter!(*name).increment(1),
                    Kind::Gauge => ::metrics::gauge!(*name).set(1),
                    Kind::Histogram => ::metrics::histogram!(*name).record(0.003),
                }
            }
        });
        let text = recorder.handle().render();
        for (_, name, _, meaning) in MEASURES {
            assert!(
                text.contains(&format!("# HELP {name} {meaning}")),
                "{name} in {text}"
            );
        }
        assert!(
            text.contains(r#"keynode_rpc_duration_seconds_bucket{le="0.0025"} 0"#),
            "{text}"
        );
        assert!(
            text.contains(r#"keynode_rpc_duration_seconds_bucket{le="0.005"} 1"#),
            "{text}"
        );
    }
}
