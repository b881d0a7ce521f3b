//! Where the keys are read from.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio_rustls::rustls::crypto::ring;

use super::Keys;
use crate::auth::settings::{Settings, SettingsError};

const TIMEOUT: Duration = Duration::from_secs(5);
/// A set of keys is a few kilobytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Where the keys are read from.
pub(super) enum Source {
    File(PathBuf),
    Url {
        client: reqwest::Client,
        url: String,
    },
}

/// Why they could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{url} sent more than {MAX_BYTES} bytes")]
    TooLarge { url: String },
    #[error("{url} sent no JWK set: {source}")]
    NotKeys {
        url: String,
        source: serde_json::Error,
    },
}

impl Source {
    pub(super) fn of(settings: &Settings) -> Result<Self, SettingsError> {
        if settings.jwks_url.is_empty() {
            return Ok(Self::File(settings.jwks_file.clone()));
        }
        // The HTTP client has no provider of its own; whoever came first is as good.
        let _ = ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .build()?;
        Ok(Self::Url {
            client,
            url: settings.jwks_url.clone(),
        })
    }

    pub(super) async fn read(&self) -> Result<Keys, SourceError> {
        match self {
            Self::File(path) => Ok(from_file(path).await?),
            Self::Url { client, url } => from_url(client, url).await,
        }
    }
}

async fn from_file(path: &PathBuf) -> Result<Keys, SettingsError> {
    let json = tokio::fs::read(path)
        .await
        .map_err(|source| SettingsError::Unreadable {
            path: path.clone(),
            source,
        })?;
    Keys::parse(&json).map_err(|source| SettingsError::NotKeys {
        path: path.clone(),
        source,
    })
}

async fn from_url(client: &reqwest::Client, url: &str) -> Result<Keys, SourceError> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let mut json = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        json.extend_from_slice(&chunk);
        if json.len() > MAX_BYTES {
            return Err(SourceError::TooLarge {
                url: url.to_owned(),
            });
        }
    }
    Keys::parse(&json).map_err(|source| SourceError::NotKeys {
        url: url.to_owned(),
        source,
    })
}
