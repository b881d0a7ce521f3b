//! Logs, traces and metrics of one process.
//!
//! Logs go to standard error, readable on a terminal and JSON otherwise. Spans are
//! exported over OTLP when an endpoint is set; trace ids exist either way. Metrics are
//! written with the `metrics` macros and rendered for Prometheus.

mod filter;
pub mod measures;
pub mod propagation;
mod settings;
mod traces;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusHandle, PrometheusRecorder};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry, reload};

pub use self::settings::{Format, Settings};

/// Why telemetry did not start or a filter was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("log filter `{filter}`: {reason}")]
    Filter { filter: String, reason: String },
    #[error("otlp_endpoint `{endpoint}`: {reason}; give one such as http://localhost:4317")]
    Endpoint { endpoint: String, reason: String },
    #[error("the OTLP exporter needs the async runtime; start telemetry inside it")]
    Runtime,
    #[error("{0} of this process are already taken by another library")]
    Taken(&'static str),
}

/// The running telemetry; clones are the same.
#[derive(Clone, Debug)]
pub struct Telemetry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    filter: reload::Handle<EnvFilter, Registry>,
    prometheus: PrometheusHandle,
    traces: SdkTracerProvider,
}

/// Telemetry that is not the process's own: a test passes `dispatch` and `recorder` to
/// `tracing::dispatcher::with_default` and `metrics::with_local_recorder`.
pub struct Local {
    pub telemetry: Telemetry,
    pub dispatch: tracing::Dispatch,
    pub recorder: PrometheusRecorder,
}

/// How often histograms are folded when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// How long the last spans may take to leave.
const FLUSH: Duration = Duration::from_secs(2);

static STARTED: Mutex<Option<Telemetry>> = Mutex::new(None);

/// Starts the telemetry of this process; a second call returns the one that runs.
///
/// # Errors
/// On a bad filter or endpoint, or when the process already has another subscriber.
pub fn start(settings: &Settings) -> Result<Telemetry, Error> {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(telemetry) = started.as_ref() {
        return Ok(telemetry.clone());
    }
    let Local {
        telemetry,
        dispatch,
        recorder,
    } = Telemetry::local(settings, std::io::stderr)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| Error::Taken("the logs"))?;
    metrics::set_global_recorder(recorder).map_err(|_| Error::Taken("the metrics"))?;
    keep_up(telemetry.0.prometheus.clone());
    *started = Some(telemetry.clone());
    Ok(telemetry)
}

/// A thread of its own: it outlives any runtime and needs none.
fn keep_up(prometheus: PrometheusHandle) {
    let work = move || {
        loop {
            std::thread::sleep(UPKEEP);
            prometheus.run_upkeep();
        }
    };
    if let Err(error) = std::thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(work)
    {
        tracing::error!(%error, "no thread for the upkeep of metrics; memory grows unless scraped");
    }
}

impl Telemetry {
    /// Telemetry that writes its logs to `writer` and is installed nowhere.
    ///
    /// # Errors
    /// On a bad filter or endpoint.
    pub fn local<W>(settings: &Settings, writer: W) -> Result<Local, Error>
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        let (filter, handle) = reload::Layer::new(filter::parse(&settings.log)?);
        let traces = traces::provider(settings)?;
        let tracer = traces.tracer("keynode");
        let subscriber = tracing_subscriber::registry()
            .with(lines(settings.format, writer).with_filter(filter))
            .with(
                tracing_opentelemetry::layer()
                    .with_tracer(tracer)
                    .with_filter(traces::own_spans()),
            );
        let recorder = measures::recorder();
        let inner = Inner {
            filter: handle,
            prometheus: recorder.handle(),
            traces,
        };
        Ok(Local {
            telemetry: Self(Arc::new(inner)),
            dispatch: subscriber.into(),
            recorder,
        })
    }

    /// What is logged now.
    pub fn filter(&self) -> String {
        self.0
            .filter
            .with_current(ToString::to_string)
            .unwrap_or_default()
    }

    /// Changes what is logged, at once and until the process ends.
    ///
    /// # Errors
    /// On a bad filter; the one in force stays.
    pub fn set_filter(&self, text: &str) -> Result<(), Error> {
        let filter = filter::parse(text)?;
        self.0.filter.reload(filter).map_err(|error| Error::Filter {
            filter: text.to_owned(),
            reason: error.to_string(),
        })
    }

    /// The metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.prometheus.render()
    }

    /// Sends the last spans; returns within two seconds even when nobody takes them.
    pub async fn shutdown(&self) {
        let traces = self.0.traces.clone();
        let (done, finished) = tokio::sync::oneshot::channel();
        // Not `spawn_blocking`: the runtime would wait for a collector that hangs.
        std::thread::spawn(move || {
            let _ = done.send(traces.shutdown_with_timeout(FLUSH));
        });
        match tokio::time::timeout(FLUSH, finished).await {
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last spans were not exported"),
            Err(_) => tracing::warn!("the last spans were not exported in time"),
            Ok(_) => {}
        }
    }
}

fn lines<W>(format: Format, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    if format.is_pretty() {
        lines.with_ansi(std::io::stderr().is_terminal()).boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Instant;

    use super::*;

    /// A writer whose lines a test can read back.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn local(settings: &Settings) -> (Local, Page) {
        let page = Page::default();
        let copy = page.clone();
        (
            Telemetry::local(settings, move || copy.clone()).unwrap(),
            page,
        )
    }

    fn json() -> Settings {
        Settings {
            format: Format::Json,
            ..Settings::default()
        }
    }

    #[test]
    fn a_line_is_json_with_the_fields_of_its_span() {
        let (local, page) = local(&json());
        tracing::dispatcher::with_default(&local.dispatch, || {
            let span = tracing::info_span!("request", trace_id = "abc");
            span.in_scope(|| tracing::info!(count = 3, "客户已读取"));
        });
        let line: serde_json::Value = serde_json::from_str(&page.text()).unwrap();
        assert_eq!(line["message"], "客户已读取");
        assert_eq!(line["count"], 3);
        assert_eq!(line["span"]["trace_id"], "abc");
    }

    #[test]
    fn the_filter_changes_while_running() {
        let (local, page) = local(&json());
        tracing::dispatcher::with_default(&local.dispatch, || {
            tracing::debug!("unseen");
            local.telemetry.set_filter("debug").unwrap();
            tracing::debug!("seen");
            local.telemetry.set_filter("off").unwrap();
            tracing::error!("silenced");
        });
        let text = page.text();
        assert!(
            !text.contains("unseen") && !text.contains("silenced"),
            "{text}"
        );
        assert!(text.contains("seen"), "{text}");
        assert_eq!(local.telemetry.filter(), "off");
    }

    #[test]
    fn a_bad_filter_is_refused_and_the_old_one_stays() {
        let (local, _) = local(&json());
        assert!(matches!(
            local.telemetry.set_filter("debgu"),
            Err(Error::Filter { .. })
        ));
        assert_eq!(local.telemetry.filter(), "info");
    }

    #[test]
    fn bad_settings_do_not_start() {
        let loud = Settings {
            log: "keynode=lound".to_owned(),
            ..json()
        };
        assert!(matches!(
            Telemetry::local(&loud, std::io::sink),
            Err(Error::Filter { .. })
        ));
        for endpoint in ["localhost:4317", "ftp://x", "http://", "not a url"] {
            let settings = Settings {
                otlp_endpoint: endpoint.to_owned(),
                ..json()
            };
            let refused = Telemetry::local(&settings, std::io::sink);
            assert!(matches!(refused, Err(Error::Endpoint { .. })), "{endpoint}");
        }
    }

    #[test]
    fn an_exporter_outside_the_runtime_is_refused() {
        let endpoint = "http://localhost:4317".to_owned();
        let settings = Settings {
            otlp_endpoint: endpoint,
            ..json()
        };
        let refused = Telemetry::local(&settings, std::io::sink);
        assert!(matches!(refused, Err(Error::Runtime)));
    }

    #[test]
    fn starting_twice_is_starting_once() {
        let first = start(&json()).unwrap();
        let second = start(&Settings {
            log: "trace".to_owned(),
            ..json()
        })
        .unwrap();
        assert!(Arc::ptr_eq(&first.0, &second.0));
        metrics::counter!("keynode_overload_refusals_total", "service" => "start").increment(1);
        assert!(first.render().contains(r#"service="start""#));
    }

    #[test]
    fn starting_takes_less_than_ten_milliseconds() {
        let took = (0..10).map(|_| {
            let begin = Instant::now();
            local(&json());
            begin.elapsed()
        });
        // The best of ten: the machine may be busy with other tests.
        let best = took.min().unwrap();
        assert!(best < Duration::from_millis(10), "{best:?}");
    }
}
