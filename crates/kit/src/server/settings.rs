//! What an operator may set about the gRPC server; the defaults are safe in production.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A program that brings something in, takes something out and follows the changes.
const LEAST_STREAMS: usize = 4;

/// The gRPC server's settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub listen: SocketAddr,
    /// The largest request message accepted, in bytes.
    pub max_message_bytes: usize,
    /// Calls worked on at once in this process; more are shed with `OVERLOADED`.
    pub max_in_flight: usize,
    /// Streams of requests or answers open at once in this process; more are shed.
    pub max_streams: usize,
    /// Of these, streams of one caller at most; zero = a quarter of them, at least 4.
    pub max_streams_per_principal: usize,
    /// A stream of requests over which nothing goes either way for so long is ended.
    #[serde(with = "humantime_serde")]
    pub stream_idle_timeout: Duration,
    /// The longest a unary call may take, also when the caller asks for longer.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How long a shutdown waits for calls in flight before it cuts them.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// After this much silence a connection is pinged.
    #[serde(with = "humantime_serde")]
    pub keepalive_interval: Duration,
    /// A ping unanswered for this long closes the connection. It is also how long a
    /// new connection may take, from when it was accepted, to finish the TLS handshake
    /// and to send the HTTP/2 preface or the head of its first request.
    #[serde(with = "humantime_serde")]
    pub keepalive_timeout: Duration,
    /// A connection this old is told to go away, ±10 %, so that clients spread over
    /// new replicas; zero = never.
    #[serde(with = "humantime_serde")]
    pub max_connection_age: Duration,
    /// How long calls on such a connection may still take before they are cut.
    #[serde(with = "humantime_serde")]
    pub max_connection_age_grace: Duration,
    /// Connections open at once in this process; more are closed as they come, so that
    /// descriptors remain for the other ports and the database. At most three quarters
    /// of the descriptors that the process may open, whatever is set.
    pub max_connections: usize,
    /// Calls at once on one connection.
    pub max_concurrent_streams: u32,
    /// Calls reset before they were accepted, after which a connection is closed
    /// (CVE-2023-44487, rapid reset).
    pub max_pending_accept_resets: usize,
    /// The largest metadata of one request, in bytes.
    pub max_header_list_bytes: u32,
    pub tls: Tls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_051)),
            max_message_bytes: 4 << 20,
            max_in_flight: 512,
            max_streams: 1_000,
            max_streams_per_principal: 0,
            stream_idle_timeout: Duration::from_secs(60),
            timeout: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            max_connection_age: Duration::ZERO,
            max_connection_age_grace: Duration::from_secs(30),
            max_connections: 10_000,
            max_concurrent_streams: 100,
            max_pending_accept_resets: 20,
            max_header_list_bytes: 16 << 10,
            tls: Tls::default(),
        }
    }
}

impl Settings {
    /// Streams that one caller may have open at once.
    pub fn streams_each(&self) -> usize {
        match self.max_streams_per_principal {
            0 => (self.max_streams / 4).max(LEAST_STREAMS),
            set => set,
        }
    }
}

/// TLS of the gRPC port, from PEM files; empty = off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The server's certificate chain, leaf first.
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    /// When set, only clients with a certificate of this authority are served (mTLS).
    pub client_ca_file: PathBuf,
}

impl Tls {
    /// Whether any file is named; half a configuration must fail, not serve plaintext.
    pub fn is_on(&self) -> bool {
        [&self.cert_file, &self.key_file, &self.client_ca_file]
            .into_iter()
            .any(|file| file != Path::new(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_round_trip_and_refuse_unknown_keys() {
        let text = serde_json::to_string(&Settings::default()).unwrap();
        assert!(text.contains(r#""timeout":"30s""#), "{text}");
        let settings: Settings = serde_json::from_str(&text).unwrap();
        assert_eq!(settings.drain, Duration::from_secs(10));
        assert!(serde_json::from_str::<Settings>(r#"{"time_out":"1s"}"#).is_err());
    }

    #[test]
    fn a_caller_has_a_quarter_of_the_streams_unless_said_otherwise() {
        let each = |max_streams, max_streams_per_principal| {
            let settings = Settings {
                max_streams,
                max_streams_per_principal,
                ..Settings::default()
            };
            settings.streams_each()
        };
        assert_eq!((each(1000, 0), each(10, 0), each(1000, 7)), (250, 4, 7));
    }

    #[test]
    fn half_a_tls_configuration_counts_as_on() {
        let tls = Tls {
            client_ca_file: "ca.pem".into(),
            ..Tls::default()
        };
        assert!(tls.is_on());
        assert!(!Tls::default().is_on());
    }
}
