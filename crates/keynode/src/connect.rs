//! How a command reaches a server, and what a person is told when the server refuses.

mod explain;
mod organisation;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use keynode_kit::client::{Channel, Credentials, Settings};
use secrecy::SecretString;
use tonic::{Response, Status};

pub use self::explain::{explain, explain_row, is_no_grpc};
pub use self::organisation::Organisation;
use crate::settings::default_data_folder;

/// Which server, and as whom.
#[derive(Clone, Debug, clap::Args)]
pub struct ConnectArgs {
    /// The server.
    #[arg(
        long,
        env = "KEYNODE_ENDPOINT",
        default_value = "http://127.0.0.1:7400"
    )]
    pub endpoint: String,
    /// The token to show; --token-file keeps it out of the process list.
    #[arg(
        long,
        env = "KEYNODE_TOKEN",
        hide_env_values = true,
        conflicts_with = "token_file"
    )]
    pub token: Option<String>,
    /// A file that holds the token; default: the one that `keynode up` left.
    #[arg(long, env = "KEYNODE_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
}

/// A way to a server; nothing is sent before the first call.
#[derive(Clone, Debug)]
pub struct Connection {
    pub channel: Channel,
}

/// An import of a thousand rows takes longer than a click.
const PATIENCE: Duration = Duration::from_secs(30);

impl ConnectArgs {
    /// Makes the way to the server.
    ///
    /// # Errors
    /// When there is no token, or the endpoint is no address.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        let credentials = Credentials::Bearer(self.secret()?);
        let settings = Settings {
            timeout: PATIENCE,
            ..Settings::default()
        };
        let channel = Channel::new(&self.endpoint, &settings, credentials)
            .context("--endpoint or --token cannot be used")?;
        Ok(Connection { channel })
    }

    fn secret(&self) -> anyhow::Result<SecretString> {
        if let Some(token) = self.token.as_deref().filter(|t| !t.trim().is_empty()) {
            return Ok(token.trim().to_owned().into());
        }
        let file = match &self.token_file {
            Some(file) => file.clone(),
            None => default_data_folder().join("tokens").join("administrator"),
        };
        let text = match std::fs::read_to_string(&file) {
            Err(_) if self.token_file.is_none() => bail!(
                "there is no token: give --token-file (or KEYNODE_TOKEN_FILE, KEYNODE_TOKEN), or run this \
                 where `keynode up` left {}",
                file.display()
            ),
            read => {
                read.with_context(|| format!("the token file {} cannot be read", file.display()))?
            }
        };
        if text.trim().is_empty() {
            bail!("the token file {} is empty", file.display());
        }
        Ok(text.trim().to_owned().into())
    }
}

/// What the server answered, or its refusal explained.
///
/// # Errors
/// With [`explain`]'s text.
pub fn answer<T>(result: Result<Response<T>, Status>) -> anyhow::Result<T> {
    match result {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => bail!(explain(&status)),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn args(token: Option<&str>, file: Option<PathBuf>) -> ConnectArgs {
        ConnectArgs {
            endpoint: "http://127.0.0.1:1".into(),
            token: token.map(str::to_owned),
            token_file: file,
        }
    }

    #[test]
    fn a_token_file_may_end_with_a_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "kn_abc\n").unwrap();
        assert_eq!(
            args(None, Some(file)).secret().unwrap().expose_secret(),
            "kn_abc"
        );
    }

    #[test]
    fn a_named_token_file_that_is_missing_or_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("nowhere");
        assert!(
            args(None, Some(missing))
                .secret()
                .unwrap_err()
                .to_string()
                .contains("nowhere")
        );
        let empty = folder.path().join("blank");
        std::fs::write(&empty, " \n").unwrap();
        assert!(
            args(None, Some(empty))
                .secret()
                .unwrap_err()
                .to_string()
                .contains("is empty")
        );
    }
}
