//! The `client` section of a service's configuration.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a service calls another one.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The deadline of a call that brings none of its own; streams have none.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How often a call is tried at most, the first time included; 0 counts as 1.
    pub attempts: u32,
    /// The pause before a call is tried again.
    pub backoff: Backoff,
    /// How often host names are looked up anew.
    #[serde(with = "humantime_serde")]
    pub resolve_interval: Duration,
    /// How long a dead replica gets no calls; doubles while it stays dead, to at most four
    /// times that. Dead is one that fails, or that lets two deadlines in a row pass
    /// without any answer.
    #[serde(with = "humantime_serde")]
    pub eject: Duration,
    /// The longest that connecting may take, for TCP and again for TLS.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// Pings that discover a connection whose other end fell silent.
    pub keepalive: Keepalive,
    /// Requests up to this many bytes are kept so that they can be sent again.
    pub max_message_bytes: usize,
    /// Certificates; all empty = plaintext unless the target says `https`.
    pub tls: Tls,
}

/// The pause before attempt n + 1 is random between nothing and `base` · 2ⁿ⁻¹.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backoff {
    #[serde(with = "humantime_serde")]
    pub base: Duration,
    /// No pause is longer, except where the server names one.
    #[serde(with = "humantime_serde")]
    pub max: Duration,
}

/// HTTP/2 pings, sent on idle connections too.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keepalive {
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// A ping unanswered for this long ends the connection.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// PEM files for TLS between services.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The authorities trusted; empty = the operating system's.
    pub ca_file: PathBuf,
    /// The certificate shown to the server; goes with `key_file`.
    pub cert_file: PathBuf,
    /// The key of `cert_file`.
    pub key_file: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            attempts: 3,
            backoff: Backoff::default(),
            resolve_interval: Duration::from_secs(5),
            eject: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            keepalive: Keepalive::default(),
            max_message_bytes: 4 * 1024 * 1024,
            tls: Tls::default(),
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(50),
            max: Duration::from_secs(1),
        }
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
        }
    }
}

impl Backoff {
    /// The pause after failed attempt number `attempt` (from 1): full jitter, so that
    /// callers that failed together do not come back together.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(16);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.max);
        ceiling.mul_f64(rand::random())
    }
}

impl Tls {
    pub(super) fn is_set(&self) -> bool {
        [&self.ca_file, &self.cert_file, &self.key_file]
            .iter()
            .any(|f| !f.as_os_str().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_maximum() {
        let backoff = Backoff::default();
        for attempt in 1..100 {
            let ceiling = Duration::from_millis(50 << (attempt - 1).min(5)).min(backoff.max);
            assert!(backoff.pause(attempt) <= ceiling, "attempt {attempt}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let bad = serde_json::from_str::<Settings>(r#"{"time_out": "5s"}"#);
        assert!(
            bad.expect_err("a misspelt key")
                .to_string()
                .contains("time_out")
        );
        let good: Settings = serde_json::from_str(r#"{"timeout": "250ms"}"#).expect("valid");
        assert_eq!(good.timeout, Duration::from_millis(250));
    }
}
