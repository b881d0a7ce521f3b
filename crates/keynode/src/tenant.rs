//! `keynode tenant create`: a tenant with its administrator and the administrator's key.

use std::sync::Arc;

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

use crate::connect::answer;
use crate::out;
use crate::settings::Settings;

/// What to make. Needs the installation's `auth.service_secret`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// The organisation's name.
    pub name: String,
    /// The id to use; made if it is left out. Repeating a command with an id goes on where
    /// the first stopped and makes another key.
    #[arg(long)]
    pub id: Option<Uuid>,
    /// Where the accounts service answers; `peers.accounts` if it is left out.
    #[arg(long, env = "KEYNODE_ENDPOINT")]
    pub endpoint: Option<String>,
}

/// Makes the tenant and prints its id and the administrator's key, which is shown once.
pub async fn run(args: CreateArgs, settings: &Settings) -> anyhow::Result<()> {
    let id = args.id.unwrap_or_else(|| Clock::system().id());
    let endpoint = args
        .endpoint
        .unwrap_or_else(|| settings.peers.accounts.clone());
    let secret = create(settings, &endpoint, id, &args.name).await?;
    out::line(format!("tenant {id}"))?;
    out::line(format!("administrator {}", secret.expose_secret()))
}

/// Makes a tenant with an administrator, unless they are there, and a key of that person.
pub async fn create(
    settings: &Settings,
    endpoint: &str,
    id: Uuid,
    name: &str,
) -> anyhow::Result<SecretString> {
    let tokens = ServiceTokens::new(&settings.auth.service_secret, Clock::system())?;
    let mint = Arc::new(move || tokens.mint_platform("keynode"));
    let platform = Channel::new(endpoint, &settings.client, Credentials::Service(mint))?;
    let request = CreateTenantRequest {
        tenant_id: id.to_string(),
        display_name: name.to_owned(),
    };
    let made = DirectoryServiceClient::new(platform.clone())
        .create_tenant(request)
        .await;
    if made
        .as_ref()
        .is_err_and(|status| status.code() != Code::AlreadyExists)
    {
        answer(made)?;
    }
    create_administrator(id, &platform.as_service(Some(TenantId(id)))).await
}

async fn create_administrator(id: Uuid, tenant: &Channel) -> anyhow::Result<SecretString> {
    let mut directory = DirectoryServiceClient::new(tenant.clone());
    let person = Person {
        display_name: "Administrator".to_owned(),
        roles: vec!["roles/administrator".to_owned()],
        external_key: Some(ExternalKey {
            source_system: "keynode".to_owned(),
            external_id: "administrator".to_owned(),
        }),
        ..Person::default()
    };
    let request = CreatePersonRequest {
        person: Some(person),
        // The same at every try: a repeat answers with the person made first.
        request_id: id.to_string(),
        validate_only: false,
    };
    let made = answer(directory.create_person(request).await)?;
    let request = CreateApiKeyRequest {
        subject: made.person.context("the answer names the person")?.name,
        display_name: "first key".to_owned(),
        request_id: Clock::system().id().to_string(),
        ..CreateApiKeyRequest::default()
    };
    Ok(answer(directory.create_api_key(request).await)?
        .secret
        .into())
}
