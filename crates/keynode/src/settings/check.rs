//! Values that have the right type but with which nothing works; all told at once.

use std::fmt::Display;
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::bail;
use sqlx::postgres::PgConnectOptions;

use super::Settings;

const ADDRESS: &str = "must be an address like postgres://host:5432/keynode";
const NO_USER: &str = "must not hold a user or password: write it without user; each service \
                       signs in as keynode_{service}; passwords belong to database.passwords";

#[derive(Debug, Default)]
struct Refused(Vec<String>);

impl Settings {
    /// Refuses what would fail, hang or panic later.
    ///
    /// # Errors
    /// Names every bad value with what is allowed; never tells what an address holds.
    pub fn check(&self) -> anyhow::Result<()> {
        let mut refused = Refused::default();
        refused.unless_positive(self.counts());
        refused.unless_lasting(self.times());
        refused.unless_share(
            "accounts.activity_without_us",
            self.accounts.activity_without_us,
        );
        refused.unless_address_alone(&self.database.url);
        match refused.0.is_empty() {
            true => Ok(()),
            false => bail!(refused.0.join("\n")),
        }
    }

    fn counts(&self) -> [(&'static str, u64); 9] {
        let (server, wide) = (&self.server, |size: usize| size as u64);
        [
            ("server.max_connections", wide(server.max_connections)),
            ("server.max_message_bytes", wide(server.max_message_bytes)),
            ("server.max_in_flight", wide(server.max_in_flight)),
            ("server.max_streams", wide(server.max_streams)),
            (
                "server.max_concurrent_streams",
                server.max_concurrent_streams.into(),
            ),
            (
                "server.max_header_list_bytes",
                server.max_header_list_bytes.into(),
            ),
            (
                "database.pool.max_connections",
                self.database.pool.max_connections.into(),
            ),
            ("client.attempts", self.client.attempts.into()),
            ("consumer.batch", self.consumer.batch.into()),
        ]
    }

    fn times(&self) -> [(&'static str, Duration); 14] {
        let (pool, client) = (&self.database.pool, &self.client);
        [
            ("server.timeout", self.server.timeout),
            (
                "server.stream_idle_timeout",
                self.server.stream_idle_timeout,
            ),
            ("server.keepalive_interval", self.server.keepalive_interval),
            ("server.keepalive_timeout", self.server.keepalive_timeout),
            ("database.pool.acquire_timeout", pool.acquire_timeout),
            (
                "database.pool.transaction_timeout",
                pool.transaction_timeout,
            ),
            ("auth.refresh_interval", self.auth.refresh_interval),
            ("client.timeout", client.timeout),
            ("client.connect_timeout", client.connect_timeout),
            ("client.resolve_interval", client.resolve_interval),
            ("client.keepalive.interval", client.keepalive.interval),
            ("client.keepalive.timeout", client.keepalive.timeout),
            ("consumer.poll", self.consumer.poll),
            ("consumer.lease", self.consumer.lease),
        ]
    }
}

impl Refused {
    fn add(&mut self, key: &str, why: impl Display) {
        self.0
            .push(format!("configuration: bad value of `{key}`: {why}"));
    }

    fn unless_positive(&mut self, counts: impl IntoIterator<Item = (&'static str, u64)>) {
        for (key, _) in counts.into_iter().filter(|(_, count)| *count == 0) {
            self.add(key, "must be at least 1");
        }
    }

    fn unless_lasting(&mut self, times: impl IntoIterator<Item = (&'static str, Duration)>) {
        for (key, _) in times.into_iter().filter(|(_, time)| time.is_zero()) {
            self.add(key, "must be longer than 0s, e.g. 5s");
        }
    }

    fn unless_share(&mut self, key: &str, share: f64) {
        if !(0.0..=1.0).contains(&share) {
            self.add(key, "must be 0 to 1, e.g. 0.8");
        }
    }

    fn unless_address_alone(&mut self, url: &str) {
        if names_a_user(url) {
            self.add("database.url", NO_USER);
        } else if PgConnectOptions::from_str(url).is_err() {
            self.add("database.url", ADDRESS);
        }
    }
}

/// Looked for in the text: an address that cannot be parsed may still hold a password.
fn names_a_user(url: &str) -> bool {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    address.contains('@')
        || query.contains('@')
        || query
            .split('&')
            .filter_map(|pair| pair.split('=').next())
            .any(|name| matches!(name, "user" | "password"))
}

#[cfg(test)]
mod tests {
    use keynode_kit::config;

    use super::*;
    use crate::settings::DEFAULTS;

    fn said(overrides: &[(&str, &str)]) -> String {
        let overrides = overrides
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let settings: Settings = config::load_from(DEFAULTS, None, [], overrides).unwrap();
        settings
            .check()
            .err()
            .map_or(String::new(), |error| error.to_string())
    }

    #[test]
    fn the_defaults_are_fine() {
        assert_eq!(said(&[]), "");
    }

    #[test]
    fn every_count_and_time_of_nothing_is_named() {
        let settings: Settings = config::load_from(DEFAULTS, None, [], []).unwrap();
        let counts = settings.counts().map(|(key, _)| (key, "0"));
        let times = settings.times().map(|(key, _)| (key, "0s"));
        let overrides: Vec<_> = counts.into_iter().chain(times).collect();
        let said = said(&overrides);
        assert_eq!(said.lines().count(), overrides.len(), "{said}");
        for (key, _) in overrides {
            assert!(said.contains(&format!("`{key}`")), "{key}: {said}");
        }
    }

    #[test]
    fn a_share_is_none_to_all() {
        for share in ["-0.1", "1.01", "80", "nan"] {
            let said = said(&[("accounts.activity_without_us", share)]);
            assert!(
                said.contains("`accounts.activity_without_us`"),
                "{share}: {said}"
            );
        }
        for share in ["0", "0.8", "1"] {
            assert_eq!(said(&[("accounts.activity_without_us", share)]), "");
        }
    }

    #[test]
    fn an_address_with_a_user_or_password_is_refused_and_not_told() {
        for url in [
            "postgres://u:hunter2@h/keynode",
            "postgres://hunter2@h/keynode",
            "postgres://u:hun/ter2@h/keynode",
            "postgres://u:hun?ter2@h/keynode",
            "postgres://h/keynode?sslmode=require&password=hunter2",
            "postgres://h/keynode?user=hunter2",
        ] {
            let said = said(&[("database.url", url)]);
            assert!(
                said.contains("`database.url`") && said.contains("database.passwords"),
                "{url}: {said}"
            );
            assert!(!said.contains("ter2"), "{said}");
        }
        let said = said(&[("database.url", "nonsense")]);
        assert!(said.contains("postgres://host"), "{said}");
    }

    #[test]
    fn addresses_without_a_user_are_taken() {
        for url in [
            "postgres://[::1]:5432/keynode",
            "postgresql://h/keynode?sslmode=verify-full",
            "postgres:///keynode?host=/run/postgresql",
        ] {
            assert_eq!(said(&[("database.url", url)]), "", "{url}");
        }
    }
}
