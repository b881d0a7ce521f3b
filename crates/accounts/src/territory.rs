//! Territories: parts of the market, and the accounts that fall to them.

pub mod archive;
pub mod assign;
pub mod atlas;
pub mod create;
pub mod names;
pub mod read;
pub mod resolve;
pub mod rule;
pub mod sight;
pub mod tree;
pub mod update;
mod words;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::reach;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::external_key;
use crate::ids::{AccountId, PersonId, TeamId, TerritoryId};
use crate::mask::maskable;
use crate::versioned::versioned;
use crate::{person, team};

const MAX_WORDS: usize = 100;
const MAX_NAMED: usize = 1000;

/// A row of `accounts.territory` with the accounts that it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Territory {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub team_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub priority: i32,
    pub regions: Vec<String>,
    pub industries: Vec<String>,
    pub capacity: Option<i32>,
    pub overflow_id: Option<Uuid>,
    pub parent_id: Option<Uuid>,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
    pub archived_at: Option<jiff_sqlx::Timestamp>,
    /// In the order of their ids.
    pub named: Vec<Uuid>,
    pub account_count: i64,
}

maskable!(proto::Territory: display_name, team, owner, priority, regions, industries, accounts,
    capacity, overflow, parent, external_key);

versioned!(Territory);

impl Territory {
    /// A territory about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            team_id: Uuid::nil(),
            owner_id: None,
            priority: 0,
            regions: Vec::new(),
            industries: Vec::new(),
            capacity: None,
            overflow_id: None,
            parent_id: None,
            source_system: None,
            external_id: None,
            archived_at: None,
            named: Vec::new(),
            account_count: 0,
        }
    }

    /// The same territory with what a caller says of it.
    pub fn told(&self, sent: &proto::Territory, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("territory.external_key", sent.external_key.as_ref())
            .unzip();
        bad.range("territory.priority", sent.priority.into(), -1000..=1000);
        if let Some(capacity) = sent.capacity {
            bad.range("territory.capacity", capacity.into(), 0..=1_000_000);
        }
        Self {
            display_name: bad.name_text("territory.display_name", &sent.display_name, 200),
            team_id: bad.name::<TeamId>("territory.team", &sent.team).0,
            owner_id: bad
                .optional_name::<PersonId>("territory.owner", &sent.owner)
                .map(|id| id.0),
            priority: sent.priority,
            regions: read_words("territory.regions", &sent.regions, 100, bad),
            industries: read_words("territory.industries", &sent.industries, 200, bad),
            capacity: sent.capacity,
            overflow_id: bad
                .optional_name::<TerritoryId>("territory.overflow", &sent.overflow)
                .map(|id| id.0),
            parent_id: bad
                .optional_name::<TerritoryId>("territory.parent", &sent.parent)
                .map(|id| id.0),
            source_system,
            external_id,
            named: read_named(&sent.accounts, bad),
            ..self.clone()
        }
    }

    pub fn name(&self) -> TerritoryId {
        TerritoryId(self.id)
    }

    pub fn to_proto(&self) -> proto::Territory {
        let accounts = self.named.iter().map(|id| AccountId(*id).to_string());
        proto::Territory {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            display_name: self.display_name.clone(),
            team: TeamId(self.team_id).to_string(),
            owner: optional::<PersonId>(self.owner_id),
            priority: self.priority,
            regions: self.regions.clone(),
            industries: self.industries.clone(),
            accounts: accounts.collect(),
            capacity: self.capacity,
            overflow: optional::<TerritoryId>(self.overflow_id),
            parent: optional::<TerritoryId>(self.parent_id),
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
            archive_time: self.archived_at.map(|at| wire::timestamp(at.to_jiff())),
            account_count: i32::try_from(self.account_count).unwrap_or(i32::MAX),
            hidden_account_count: 0,
        }
    }

    /// Refuses what the tenant does not have and what the caller may not give accounts to.
    /// What stays as it was `before` is left alone.
    async fn check(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        before: Option<&Self>,
    ) -> Result<(), Error> {
        let mut bad = Violations::default();
        if before.is_none_or(|before| before.team_id != self.team_id) {
            team::require(connection, TeamId(self.team_id)).await?;
            reach::check_team("territory.team", call, self.team_id, &mut bad);
        }
        let new_owner = self
            .owner_id
            .filter(|_| before.is_none_or(|before| before.owner_id != self.owner_id));
        if let Some(owner) = new_owner {
            let owner = person::find(connection, PersonId(owner)).await?;
            if owner.disabled {
                bad.add("territory.owner", "must be somebody who is not disabled");
            }
            reach::check_person("territory.owner", call, &owner, &mut bad);
        }
        bad.finish()?;
        tree::check(connection, call, before, self).await?;
        names::check(connection, call, before, self).await
    }
}

fn read_words(field: &str, sent: &[String], max: usize, bad: &mut Violations) -> Vec<String> {
    if sent.len() > MAX_WORDS {
        bad.add(field, format!("must be at most {MAX_WORDS}"));
        return Vec::new();
    }
    let mut words: Vec<String> = Vec::with_capacity(sent.len());
    for (index, word) in sent.iter().enumerate() {
        let word = bad.required_text(&format!("{field}[{index}]"), word, max);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

fn read_named(sent: &[String], bad: &mut Violations) -> Vec<Uuid> {
    if sent.len() > MAX_NAMED {
        bad.add("territory.accounts", format!("must be at most {MAX_NAMED}"));
        return Vec::new();
    }
    let mut read = |(index, name): (usize, &String)| {
        let id: AccountId = bad.name(&format!("territory.accounts[{index}]"), name);
        id.0
    };
    let mut ids: Vec<Uuid> = sent.iter().enumerate().map(&mut read).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Notes a change of a territory.
pub fn record(w: &mut Writer<'_>, before: Option<&Territory>, after: &Territory) {
    let change = proto::TerritoryChanged {
        before: before.map(Territory::to_proto),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

/// Reads one territory that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: TerritoryId,
) -> Result<Territory, Error> {
    read::by_ids(connection, &[id.0])
        .await?
        .pop()
        .filter(|territory| call.sees(territory.owner_id, Some(territory.team_id)))
        .ok_or_else(|| Refusal::TerritoryNotFound(id).into())
}

/// Reads one territory and keeps other writers away until the transaction ends; the lock
/// of the atlas is held.
async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: TerritoryId,
) -> Result<Territory, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    find(connection, call, id).await
}
