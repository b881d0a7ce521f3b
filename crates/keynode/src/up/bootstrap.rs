//! The first tenant and the tokens of an installation of its own, made once.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::secrets::write_private;
use crate::settings::Settings;
use crate::tenant;

/// The tenant of an installation of its own.
const TENANT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_6b65_796e_6f64);

/// A token and where it is kept.
pub struct Token {
    pub file: PathBuf,
    pub secret: SecretString,
}

/// The administrator's token; tenant, person and key are made at the first start. Killed
/// half-way, the next start finds tenant and person and makes another key.
pub async fn administrator(
    data: &Path,
    settings: &Settings,
    endpoint: &str,
) -> anyhow::Result<Token> {
    let file = token_file(data, "administrator");
    if let Ok(text) = std::fs::read_to_string(&file) {
        let secret = text.trim().to_owned().into();
        return Ok(Token { file, secret });
    }
    let secret = tenant::create(settings, endpoint, TENANT, "Keynode").await?;
    keep_token(data, "administrator", Some(secret.clone()))?;
    Ok(Token { file, secret })
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
