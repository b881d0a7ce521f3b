//! The first tenant and its administrator, made once.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use keynode_kit::auth::ServiceTokens;
use keynode_kit::call::TenantId;
use keynode_kit::client::{Channel, Credentials};
use keynode_kit::clock::Clock;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{
    CreateApiKeyRequest, CreatePersonRequest, CreateTenantRequest, Person,
};
use keynode_proto::common::v1::ExternalKey;
use secrecy::{ExposeSecret as _, SecretString};
use tonic::Code;
use uuid::Uuid;

use super::secrets::write_private;
use crate::connect::explain;
use crate::settings::Settings;

/// The tenant of an installation of its own.
const TENANT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_6b65_796e_6f64);

/// A token and where it is kept.
pub struct Token {
    pub file: PathBuf,
    pub secret: SecretString,
}

/// The administrator's token; tenant, person and key are made at the first start.
pub async fn administrator(
    data: &Path,
    settings: &Settings,
    endpoint: &str,
) -> anyhow::Result<Token> {
    let file = token_file(data, "administrator");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(Token {
            file,
            secret: text.trim().to_owned().into(),
        });
    }
    let tokens = ServiceTokens::new(&settings.auth.service_secret, Clock::system())?;
    let credentials = Credentials::Service(std::sync::Arc::new(move || tokens.mint_platform("up")));
    let platform = Channel::new(endpoint, &settings.client, credentials)?;
    create_tenant(&platform).await?;
    let secret = create_administrator(&platform.as_service(Some(TenantId(TENANT)))).await?;
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

async fn create_tenant(platform: &Channel) -> anyhow::Result<()> {
    let request = CreateTenantRequest {
        tenant_id: TENANT.to_string(),
        display_name: "Keynode".to_owned(),
    };
    match DirectoryServiceClient::new(platform.clone())
        .create_tenant(request)
        .await
    {
        Err(status) if status.code() != Code::AlreadyExists => anyhow::bail!(explain(&status)),
        _ => Ok(()),
    }
}

/// Killed half-way, the next start finds the person and makes another key.
async fn create_administrator(tenant: &Channel) -> anyhow::Result<SecretString> {
    let mut directory = DirectoryServiceClient::new(tenant.clone());
    let person = Person {
        display_name: "Administrator".to_owned(),
        roles: vec!["roles/administrator".to_owned()],
        external_key: Some(ExternalKey {
            source_system: "keynode".into(),
            external_id: "administrator".into(),
        }),
        ..Person::default()
    };
    // The same id at every start: a repeat answers with the person made first.
    let request_id = Uuid::from_u128(TENANT.as_u128() + 1).to_string();
    let request = CreatePersonRequest {
        person: Some(person),
        request_id,
        validate_only: false,
    };
    let made = directory
        .create_person(request)
        .await
        .map_err(|s| anyhow::anyhow!(explain(&s)))?;
    let subject = made
        .into_inner()
        .person
        .context("the answer names the person")?
        .name;
    let request = CreateApiKeyRequest {
        subject,
        display_name: "development token".to_owned(),
        request_id: Uuid::now_v7().to_string(),
        ..CreateApiKeyRequest::default()
    };
    let key = directory
        .create_api_key(request)
        .await
        .map_err(|s| anyhow::anyhow!(explain(&s)))?;
    Ok(key.into_inner().secret.into())
}
