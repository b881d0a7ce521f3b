//! All settings of the executable, one section per part.

mod check;

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use anyhow::{Context as _, bail};
use keynode_kit::config::{self, Secret};
use keynode_kit::db::PoolSettings;
use keynode_kit::migrate::{RolePassword, SERVICES, role};
use keynode_kit::{auth, client, consumer, ops, server, telemetry};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("../keynode.toml");

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub server: server::Settings,
    pub ops: ops::Settings,
    pub database: Database,
    pub auth: auth::Settings,
    pub accounts: keynode_accounts::Settings,
    pub peers: Peers,
    pub client: client::Settings,
    pub consumer: consumer::Settings,
    pub telemetry: telemetry::Settings,
    pub gateway: keynode_gateway::Settings,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub admin_url: Secret,
    pub passwords: Passwords,
    pub pool: PoolSettings,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    pub accounts: Secret,
    pub pipeline: Secret,
    pub scoring: Secret,
    pub notification: Secret,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    pub accounts: String,
    pub pipeline: String,
    pub scoring: String,
    pub notification: String,
}

impl Settings {
    /// The settings in force.
    ///
    /// # Errors
    /// Names every key and value that cannot be used.
    pub fn load(file: Option<&Path>, overrides: Vec<(String, String)>) -> anyhow::Result<Self> {
        let settings: Self = config::load(DEFAULTS, file, overrides)?;
        settings.check()?;
        Ok(settings)
    }
}

impl Database {
    /// How the service with this name signs in.
    pub fn options(&self, service: &str) -> anyhow::Result<PgConnectOptions> {
        let options = PgConnectOptions::from_str(&self.url)
            .context("database.url is not a postgres:// address")?;
        let password = self.passwords.of(service);
        let options = options.username(&role(service));
        Ok(if password.is_set() {
            options.password(password.expose())
        } else {
            options
        })
    }

    /// How the one who migrates signs in.
    pub fn admin_options(&self) -> anyhow::Result<PgConnectOptions> {
        if !self.admin_url.is_set() {
            bail!(
                "database.admin_url is empty; name a user who may create roles, e.g. \
                 KEYNODE_DATABASE__ADMIN_URL=postgres://postgres:…@host/keynode"
            );
        }
        PgConnectOptions::from_str(self.admin_url.expose())
            .context("database.admin_url is not a postgres:// address")
    }
}

impl Passwords {
    fn of(&self, service: &str) -> &Secret {
        match service {
            "accounts" => &self.accounts,
            "pipeline" => &self.pipeline,
            "scoring" => &self.scoring,
            _ => &self.notification,
        }
    }

    /// What `migrate` gives the roles.
    pub fn for_roles(&self) -> Vec<RolePassword> {
        SERVICES
            .map(|service| {
                let password = self.of(service);
                let password = password
                    .is_set()
                    .then(|| password.expose().to_owned().into());
                RolePassword { service, password }
            })
            .into()
    }
}

/// Where `up` keeps its data unless told otherwise.
pub fn default_data_folder() -> PathBuf {
    PathBuf::from(".keynode")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<T: Serialize>(settings: &T) -> String {
        config::show(settings).unwrap()
    }

    #[test]
    fn the_commented_defaults_are_the_defaults_of_the_code() {
        let settings: Settings = config::load_from(DEFAULTS, None, [], []).unwrap();
        let server = server::Settings {
            listen: settings.server.listen,
            ..Default::default()
        };
        assert_eq!(shown(&settings.server), shown(&server));
        assert_eq!(shown(&settings.auth), shown(&auth::Settings::default()));
        assert_eq!(shown(&settings.client), shown(&client::Settings::default()));
        assert_eq!(
            shown(&settings.consumer),
            shown(&consumer::Settings::default())
        );
        assert_eq!(
            shown(&settings.telemetry),
            shown(&telemetry::Settings::default())
        );
        assert_eq!(settings.database.pool, PoolSettings::default());
        assert_eq!(settings.accounts, keynode_accounts::Settings::default());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let refused = config::load_from::<Settings>(
            DEFAULTS,
            None,
            [],
            [("server.lisen".into(), "x".into())],
        );
        assert!(refused.unwrap_err().to_string().contains("server.lisen"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let secret = "correct horse battery staple, long enough";
        let overrides = [("auth.service_secret".to_owned(), secret.to_owned())];
        let settings: Settings = config::load_from(DEFAULTS, None, [], overrides).unwrap();
        assert!(!shown(&settings).contains(secret));
    }
}
