//! The first tenant and the tokens of an installation of its own, made once.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use keynode_kit::client::{self, Channel, Credentials};
use keynode_proto::accounts::v1::ListRolesRequest;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use secrecy::{ExposeSecret as _, SecretString};
use tonic::Code;
use uuid::Uuid;

use super::secrets::write_private;
use crate::connect::answer;
use crate::settings::Settings;
use crate::tenant;

/// The tenant of an installation of its own.
const TENANT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_6b65_796e_6f64);

/// A token and where it is kept.
pub struct Token {
    pub file: PathBuf,
    pub secret: SecretString,
    /// Whether one was kept before that this database does not know.
    pub replaces_another: bool,
}

/// The administrator's token; tenant, person and key are made at the first start. Killed
/// half-way, the next start finds tenant and person and makes another key, as it does
/// when the folder was used with another database meanwhile.
pub async fn administrator(
    data: &Path,
    settings: &Settings,
    endpoint: &str,
) -> anyhow::Result<Token> {
    let file = token_file(data, "administrator");
    let kept = std::fs::read_to_string(&file).ok();
    let replaces_another = kept.is_some();
    if let Some(text) = kept {
        let secret = text.trim().to_owned().into();
        if is_known(&secret, settings, endpoint).await? {
            return Ok(Token {
                file,
                secret,
                replaces_another: false,
            });
        }
    }
    let secret = tenant::create(settings, endpoint, TENANT, "Keynode").await?;
    keep_token(data, "administrator", Some(secret.clone()))?;
    Ok(Token {
        file,
        secret,
        replaces_another,
    })
}

/// Whether the installation takes this token. One that is empty or garbled is as unknown
/// as one of another database.
async fn is_known(
    secret: &SecretString,
    settings: &Settings,
    endpoint: &str,
) -> anyhow::Result<bool> {
    if secret.expose_secret().is_empty() {
        return Ok(false);
    }
    let credentials = Credentials::Bearer(secret.clone());
    let channel = match Channel::new(endpoint, &settings.client, credentials) {
        Err(client::Error::Bearer) => return Ok(false),
        made => made?,
    };
    let asked = DirectoryServiceClient::new(channel)
        .list_roles(ListRolesRequest {})
        .await;
    match asked {
        Err(status) if status.code() == Code::Unauthenticated => Ok(false),
        asked => answer(asked).map(|_| true),
    }
}

/// Keeps a token that was just made; there is nothing to do for one made before.
pub fn keep_token(data: &Path, name: &str, token: Option<SecretString>) -> anyhow::Result<()> {
    let Some(token) = token else { return Ok(()) };
    let file = token_file(data, name);
    std::fs::create_dir_all(data.join("tokens")).context("cannot create the folder of tokens")?;
    write_private(&file, token.expose_secret())
}

fn token_file(data: &Path, name: &str) -> PathBuf {
    data.join("tokens").join(name)
}
