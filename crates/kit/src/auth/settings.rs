//! What an operator chooses about authentication.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policies::{Policies, PolicyError};
use super::service_token::ISSUER;
use crate::config::Secret;

/// How long a revoked credential may go on working, at most.
const REVOCATION: Duration = Duration::from_secs(1);

/// The section `auth` of the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A JWK set on disk; read again every `refresh_interval`.
    pub jwks_file: PathBuf,
    /// The same by HTTP; with neither, tokens of an identity provider are refused.
    pub jwks_url: String,
    /// The `iss` of the identity provider's tokens, letter for letter.
    pub issuer: String,
    /// The `aud` that tokens must carry.
    pub audience: String,
    /// The claim that holds the tenant's id.
    pub tenant_claim: String,
    /// How often keys are read again; an unknown key is looked for at once.
    #[serde(with = "humantime_serde")]
    pub refresh_interval: Duration,
    /// How far other machines' clocks may be off.
    #[serde(with = "humantime_serde")]
    pub leeway: Duration,
    /// Shared by all services of the installation; at least 32 bytes.
    pub service_secret: Secret,
    /// Policies in Cedar to use instead of the built-in ones; empty = built-in.
    pub policy_file: PathBuf,
    /// How long a resolved principal is kept, under one second.
    #[serde(with = "humantime_serde")]
    pub principal_cache: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jwks_file: PathBuf::new(),
            jwks_url: String::new(),
            issuer: String::new(),
            audience: String::new(),
            tenant_claim: "tenant".to_owned(),
            refresh_interval: Duration::from_secs(300),
            leeway: Duration::from_secs(30),
            service_secret: Secret::default(),
            policy_file: PathBuf::new(),
            principal_cache: Duration::from_millis(500),
        }
    }
}

/// Why a service cannot start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "auth.service_secret has {0} bytes; set the same random value of at least 32 bytes for every service"
    )]
    SecretTooShort(usize),
    #[error("auth.principal_cache is {0:?}; it must be under 1s, or revoked keys live on")]
    CacheTooLong(Duration),
    #[error("auth.jwks_file and auth.jwks_url are both set; keep one")]
    TwoKeySources,
    #[error("auth.{0} is empty; it is needed to check tokens of auth.jwks_file or auth.jwks_url")]
    Incomplete(&'static str),
    #[error("auth.issuer is {ISSUER:?}, which is reserved for the services; use the provider's")]
    ReservedIssuer,
    #[error("auth.refresh_interval is {0:?}; it must be at least 1s")]
    RefreshTooOften(Duration),
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is not a JWK set: {source}", path.display())]
    NotKeys {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("cannot make an HTTP client for auth.jwks_url: {0}")]
    Http(#[from] reqwest::Error),
    #[error("auth.policy_file: {0}")]
    Policy(#[from] PolicyError),
}

impl Settings {
    /// Whether tokens of an identity provider are accepted.
    pub fn has_provider(&self) -> bool {
        !self.jwks_file.as_os_str().is_empty() || !self.jwks_url.is_empty()
    }

    /// Reads the policies of `policy_file`, or the built-in ones.
    ///
    /// # Errors
    /// An unreadable file, or a policy that does not parse.
    pub fn policies(&self) -> Result<Policies, SettingsError> {
        if self.policy_file.as_os_str().is_empty() {
            return Ok(Policies::parse(keynode_proto::DEFAULT_POLICIES)?);
        }
        let text = std::fs::read_to_string(&self.policy_file).map_err(|source| {
            SettingsError::Unreadable {
                path: self.policy_file.clone(),
                source,
            }
        })?;
        Ok(Policies::parse(&text)?)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.principal_cache >= REVOCATION {
            return Err(SettingsError::CacheTooLong(self.principal_cache));
        }
        if self.has_provider() {
            self.check_provider()
        } else {
            Ok(())
        }
    }

    fn check_provider(&self) -> Result<(), SettingsError> {
        if !self.jwks_file.as_os_str().is_empty() && !self.jwks_url.is_empty() {
            return Err(SettingsError::TwoKeySources);
        }
        let needed = [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("tenant_claim", &self.tenant_claim),
        ];
        if let Some((name, _)) = needed.into_iter().find(|(_, value)| value.is_empty()) {
            return Err(SettingsError::Incomplete(name));
        }
        if self.issuer == ISSUER {
            return Err(SettingsError::ReservedIssuer);
        }
        if self.refresh_interval < Duration::from_secs(1) {
            return Err(SettingsError::RefreshTooOften(self.refresh_interval));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> Settings {
        Settings {
            jwks_url: "https://id.example/keys".to_owned(),
            issuer: "https://id.example".to_owned(),
            audience: "keynode".to_owned(),
            ..Settings::default()
        }
    }

    #[test]
    fn defaults_are_accepted() {
        assert!(Settings::default().check().is_ok());
        assert!(provider().check().is_ok());
    }

    #[test]
    fn a_cache_of_a_second_is_refused() {
        let settings = Settings {
            principal_cache: REVOCATION,
            ..Settings::default()
        };
        assert!(matches!(
            settings.check(),
            Err(SettingsError::CacheTooLong(_))
        ));
    }

    #[test]
    fn a_provider_without_audience_is_refused() {
        let settings = Settings {
            audience: String::new(),
            ..provider()
        };
        assert!(matches!(
            settings.check(),
            Err(SettingsError::Incomplete("audience"))
        ));
    }

    #[test]
    fn the_services_issuer_cannot_be_a_provider() {
        let settings = Settings {
            issuer: ISSUER.to_owned(),
            ..provider()
        };
        assert!(matches!(
            settings.check(),
            Err(SettingsError::ReservedIssuer)
        ));
    }

    #[test]
    fn the_secret_is_never_printed() {
        let settings = Settings {
            service_secret: "very-secret-indeed".to_owned().into(),
            ..provider()
        };
        let json = serde_json::to_string(&settings).unwrap();
        assert!(
            json.contains("redacted") && !json.contains("indeed"),
            "{json}"
        );
        assert!(!format!("{settings:?}").contains("indeed"));
    }

    #[test]
    fn durations_are_read_as_people_write_them_and_unknown_keys_refused() {
        let read: Settings =
            serde_json::from_str(r#"{"principal_cache": "250ms", "leeway": "1m"}"#).unwrap();
        assert_eq!(read.principal_cache, Duration::from_millis(250));
        assert_eq!(read.leeway, Duration::from_secs(60));
        assert!(serde_json::from_str::<Settings>(r#"{"jwks": ""}"#).is_err());
    }
}
