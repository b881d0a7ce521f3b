//! The demo: a sales organisation, the Zhang case (E1), an example model and a sample of
//! industrial deals, brought in through the front door only.
//!
//! Loading again changes nothing: records are found by their external keys, requests have
//! stable ids, and a deal that was played to its end is left alone.

mod day;
mod ids;
mod moves;
mod people;
mod play;
mod script;

use std::collections::HashMap;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_proto::accounts::v1::account_row_result::Result as RowResult;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{
    Account, AccountRow, BatchUpsertAccountsRequest, CreateApiKeyRequest, ListApiKeysRequest,
};
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::pipeline::v1::ListOpportunitiesRequest;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use keynode_proto::scoring::v1::{
    EvaluationModel, GetEvaluationModelRequest, PublishEvaluationModelRequest,
};
use secrecy::SecretString;
use tonic::Code;

use crate::connect::{Organisation, answer, explain, explain_row};
use ids::request_id;
use script::{Deal, Script};

/// What the demo left to look at.
#[derive(Debug)]
pub struct Demo {
    /// The Zhang case, `opportunities/{id}`.
    pub zhang_opportunity: String,
    /// Zhang's key; none when it was made before.
    pub seller_token: Option<SecretString>,
    /// The sales director's key; none when it was made before.
    pub manager_token: Option<SecretString>,
}

/// The system of the demo's external keys.
const SOURCE_SYSTEM: &str = "demo";
const SELLER: &str = "zhang";
const MANAGER: &str = "director";
const ZHANG_CASE: &str = "ningxia-instruments";
/// Deals played at once.
const AT_ONCE: usize = 4;
const KEY_NAME: &str = "demo";

/// What playing a deal needs to know.
struct Stage {
    channel: Channel,
    script: Script,
    model: EvaluationModel,
    /// People and accounts by their keys.
    people: HashMap<String, String>,
    teams: HashMap<String, String>,
    accounts: HashMap<String, String>,
    /// The day of the first load, from which the script counts.
    today: Date,
}

/// Loads the demo with an administrator's channel.
///
/// # Errors
/// When the server refuses something, naming it.
pub async fn load(channel: &Channel) -> anyhow::Result<Demo> {
    let stage = Stage::set(channel, Script::embedded()?).await?;
    let there = opportunities(channel).await?;
    let deal = async |deal: &Deal| {
        let there = there.get(&deal.key).cloned();
        play::deal(&stage, deal, there)
            .await
            .with_context(|| format!("the demo's deal {}", deal.key))
    };
    let (case, sample): (Vec<_>, Vec<_>) = stage
        .script
        .deals
        .iter()
        .partition(|deal| deal.key == ZHANG_CASE);
    stream::iter(sample)
        .map(&deal)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    // Last, so that what it tells people stands on top of their inboxes.
    let zhang_opportunity = deal(case.first().context("the script holds the Zhang case")?).await?;
    Ok(Demo {
        zhang_opportunity,
        seller_token: stage.key_of(SELLER).await?,
        manager_token: stage.key_of(MANAGER).await?,
    })
}

impl Stage {
    /// Everything that deals stand on.
    async fn set(channel: &Channel, script: Script) -> anyhow::Result<Self> {
        let mut organisation = Organisation::read(channel, SOURCE_SYSTEM).await?;
        let (mut people, mut teams) = (HashMap::new(), HashMap::<String, String>::new());
        for team in &script.teams {
            let parent = teams.get(&team.parent).cloned().unwrap_or_default();
            teams.insert(
                team.key.clone(),
                organisation.team(&team.key, &team.name, &parent).await?,
            );
        }
        for person in &script.people {
            let team = teams.get(&person.team).cloned().unwrap_or_default();
            let name = organisation
                .person(
                    &person.key,
                    &person.name,
                    &team,
                    &format!("roles/{}", person.role),
                )
                .await?;
            if person.leads {
                organisation.lead(&person.team, &name).await?;
            }
            people.insert(person.key.clone(), name);
        }
        let today = script
            .teams
            .first()
            .and_then(|team| organisation.made(&team.key))
            .unwrap_or_else(|| Clock::system().now());
        let today = today.to_zoned(TimeZone::UTC).date();
        let mut stage = Self {
            channel: channel.clone(),
            script,
            model: model(channel).await?,
            people,
            teams,
            accounts: HashMap::new(),
            today,
        };
        stage.accounts = stage.upsert_accounts().await?;
        Ok(stage)
    }

    /// Each account is its seller's: a seller sees the own ones only.
    fn account_row(&self, account: &script::Account) -> AccountRow {
        let owner = self.script.owner_of(account);
        let named = |names: &HashMap<String, String>, key: Option<&String>| {
            key.and_then(|key| names.get(key))
                .cloned()
                .unwrap_or_default()
        };
        AccountRow {
            account: Some(Account {
                display_name: account.name.clone(),
                industry: account.industry.clone(),
                location: account.location.clone(),
                owner: named(&self.people, owner.map(|person| &person.key)),
                team: named(&self.teams, owner.map(|person| &person.team)),
                external_key: external_key(&account.key),
                ..Account::default()
            }),
            parent_external_id: account.parent.clone(),
        }
    }

    /// Adds or changes the accounts; answers their names by key.
    async fn upsert_accounts(&self) -> anyhow::Result<HashMap<String, String>> {
        let accounts = &self.script.accounts;
        let request = BatchUpsertAccountsRequest {
            rows: accounts.iter().map(|a| self.account_row(a)).collect(),
            request_id: uuid::Uuid::now_v7().to_string(),
            validate_only: false,
        };
        let mut client = AccountsServiceClient::new(self.channel.clone());
        let results = answer(client.batch_upsert_accounts(request).await)?.results;
        accounts
            .iter()
            .zip(results)
            .map(|(account, result)| Ok((account.key.clone(), upserted(account, result.result)?)))
            .collect()
    }

    /// A new key of the person; none when there is one.
    async fn key_of(&self, person: &str) -> anyhow::Result<Option<SecretString>> {
        let subject = self
            .people
            .get(person)
            .cloned()
            .context("the script names the person")?;
        let mut directory = DirectoryServiceClient::new(self.channel.clone());
        let request = ListApiKeysRequest {
            subject: subject.clone(),
            page_size: 1000,
            ..ListApiKeysRequest::default()
        };
        let keys = answer(directory.list_api_keys(request).await)?.api_keys;
        if keys
            .iter()
            .any(|key| key.display_name == KEY_NAME && key.revoke_time.is_none())
        {
            return Ok(None);
        }
        let request = CreateApiKeyRequest {
            subject,
            display_name: KEY_NAME.to_owned(),
            request_id: uuid::Uuid::now_v7().to_string(),
            ..CreateApiKeyRequest::default()
        };
        Ok(Some(
            answer(directory.create_api_key(request).await)?
                .secret
                .into(),
        ))
    }
}

fn upserted(account: &script::Account, result: Option<RowResult>) -> anyhow::Result<String> {
    match result {
        Some(RowResult::Created(name) | RowResult::Updated(name) | RowResult::Unchanged(name)) => {
            Ok(name)
        }
        Some(RowResult::Error(error)) => anyhow::bail!(
            "the demo's account {}: {}",
            account.key,
            explain_row(&error).1
        ),
        None => anyhow::bail!("the demo's account {}: no answer", account.key),
    }
}

/// The example model, published unless it is there.
async fn model(channel: &Channel) -> anyhow::Result<EvaluationModel> {
    let example = keynode_scoring::example_model();
    let mut client = EvaluationsServiceClient::new(channel.clone());
    match client
        .get_evaluation_model(GetEvaluationModelRequest {
            name: example.name.clone(),
            version: 0,
        })
        .await
    {
        Ok(there) => {
            return there
                .into_inner()
                .model
                .context("the answer holds the model");
        }
        Err(status) if status.code() == Code::NotFound => {}
        Err(status) => anyhow::bail!(explain(&status)),
    }
    let request = PublishEvaluationModelRequest {
        model: Some(example),
        request_id: request_id(&["model"]),
        validate_only: false,
    };
    answer(client.publish_evaluation_model(request).await)?
        .model
        .context("the answer holds the model")
}

/// The demo's deals that are there, by key.
async fn opportunities(channel: &Channel) -> anyhow::Result<HashMap<String, String>> {
    let mut client = OpportunitiesServiceClient::new(channel.clone());
    let source_system = SOURCE_SYSTEM.to_owned();
    // The demo is far smaller than a page.
    let request = ListOpportunitiesRequest {
        page_size: 1000,
        source_system,
        ..ListOpportunitiesRequest::default()
    };
    let deals = answer(client.list_opportunities(request).await)?.opportunities;
    Ok(deals
        .into_iter()
        .filter_map(|deal| Some((deal.external_key?.external_id, deal.name)))
        .collect())
}

fn external_key(external_id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: SOURCE_SYSTEM.to_owned(),
        external_id: external_id.to_owned(),
    })
}
