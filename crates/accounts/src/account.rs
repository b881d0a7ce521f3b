//! Accounts: customers, and third parties that take part in the buying.

pub mod assignment;
pub mod batch_get;
pub mod create;
mod filter;
pub mod hidden;
pub mod import;
pub mod key;
pub mod list;
mod page;
pub mod profile;
pub mod read;
pub mod rollup;
pub mod rows;
pub mod rules;
pub mod save;
pub mod seen;
pub mod sight;
mod tags;
mod term;
pub mod tree;
pub mod update;
pub mod upsert;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{AccountKind, AccountLevel};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use self::key::Key;
use self::profile::Profile;
use self::rows::select_accounts;
use self::rules::Rules;
use crate::amount::Amount;
use crate::attribute::values::{self, Values};
use crate::error::Error;
use crate::external_key;
use crate::founded;
use crate::ids::{AccountId, PersonId, TeamId};
use crate::mask::maskable;
use crate::merge::refusal::Refusal;
use crate::versioned::versioned;

/// A row of `accounts.account`. Kept as JSON, it is without its times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: Uuid,
    pub version: i64,
    #[serde(skip, default = "epoch")]
    pub created_at: jiff_sqlx::Timestamp,
    #[serde(skip, default = "epoch")]
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub industry: String,
    pub location: String,
    pub parent_id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    #[serde(with = "crate::amount::optional_decimal_text")]
    pub revenue_amount: Option<Decimal>,
    pub revenue_currency: Option<String>,
    pub employee_count: Option<i64>,
    pub founded_year: Option<i32>,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
    /// The number in [`AccountKind`].
    pub kind: i32,
    pub legal_name: String,
    pub region: String,
    pub segment: String,
    /// The number in [`AccountLevel`]; 0 = unknown.
    pub level: i32,
    pub address: String,
    pub phone: String,
    pub website: String,
    pub tags: Vec<String>,
    pub attributes: Json<Values>,
    pub profile: Json<Profile>,
    /// Every key but the first, from `accounts.account_key`.
    pub further_keys: Json<Vec<Key>>,
    /// The account that it was merged into.
    pub merged_into_id: Option<Uuid>,
}

fn epoch() -> jiff_sqlx::Timestamp {
    Timestamp::UNIX_EPOCH.to_sqlx()
}

maskable!(proto::Account: display_name, industry, location, parent, owner, team, annual_revenue,
    employee_count, founded_year, external_key, kind, legal_name, names, region, segment, level,
    address, phone, website, credit, finances, tags, attributes, further_external_keys,
    differences, traits);

versioned!(Account);

impl Account {
    /// An account about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            industry: String::new(),
            location: String::new(),
            parent_id: None,
            owner_id: None,
            team_id: None,
            revenue_amount: None,
            revenue_currency: None,
            employee_count: None,
            founded_year: None,
            source_system: None,
            external_id: None,
            kind: AccountKind::Customer.into(),
            legal_name: String::new(),
            region: String::new(),
            segment: String::new(),
            level: 0,
            address: String::new(),
            phone: String::new(),
            website: String::new(),
            tags: Vec::new(),
            attributes: Json::default(),
            profile: Json::default(),
            further_keys: Json::default(),
            merged_into_id: None,
        }
    }

    /// The same account with what a caller says of it, judged by `rules`.
    pub fn told(&self, sent: &proto::Account, rules: &Rules, bad: &mut Violations) -> Self {
        let told = self.told_facts(sent, rules, bad);
        let kind: AccountKind = bad.optional_enum("account.kind", sent.kind);
        let level: AccountLevel = bad.optional_enum("account.level", sent.level);
        let attributes = values::read(
            &sent.attributes,
            &self.attributes,
            &rules.attributes,
            &rules.references,
            bad,
        );
        Self {
            kind: match kind {
                AccountKind::Unspecified => AccountKind::Customer.into(),
                kind => kind.into(),
            },
            legal_name: bad.line("account.legal_name", &sent.legal_name, 200),
            region: bad.text("account.region", &sent.region, 200),
            segment: bad.text("account.segment", &sent.segment, 200),
            level: level.into(),
            address: bad.text("account.address", &sent.address, 500),
            phone: bad.text("account.phone", &sent.phone, 64),
            website: bad.text("account.website", &sent.website, 500),
            tags: tags::read(&sent.tags, bad),
            attributes: Json(attributes),
            profile: Json(Profile::told(sent, rules.today, bad)),
            further_keys: Json(key::read_further(sent, bad)),
            ..told
        }
    }

    /// Name, place in the organisation and size.
    fn told_facts(&self, sent: &proto::Account, rules: &Rules, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("account.external_key", sent.external_key.as_ref())
            .unzip();
        let (revenue_currency, revenue_amount) =
            Amount::read_unsigned("account.annual_revenue", sent.annual_revenue.as_ref(), bad)
                .map(|revenue| (revenue.currency, revenue.amount))
                .unzip();
        if let Some(count) = sent.employee_count {
            bad.range("account.employee_count", count, 0..=1_000_000_000);
        }
        founded::check(
            "account.founded_year",
            self.founded_year,
            sent.founded_year,
            rules.today,
            bad,
        );
        Self {
            display_name: bad.name_text("account.display_name", &sent.display_name, 200),
            industry: bad.text("account.industry", &sent.industry, 200),
            location: bad.text("account.location", &sent.location, 500),
            parent_id: bad
                .optional_name::<AccountId>("account.parent", &sent.parent)
                .map(|id| id.0),
            owner_id: bad
                .optional_name::<PersonId>("account.owner", &sent.owner)
                .map(|id| id.0),
            team_id: bad
                .optional_name::<TeamId>("account.team", &sent.team)
                .map(|id| id.0),
            revenue_amount,
            revenue_currency,
            employee_count: sent.employee_count,
            founded_year: sent.founded_year,
            source_system,
            external_id,
            ..self.clone()
        }
    }

    pub fn name(&self) -> AccountId {
        AccountId(self.id)
    }

    pub fn to_proto(&self) -> proto::Account {
        let mut account = proto::Account {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            display_name: self.display_name.clone(),
            industry: self.industry.clone(),
            location: self.location.clone(),
            parent: optional::<AccountId>(self.parent_id),
            owner: optional::<PersonId>(self.owner_id),
            team: optional::<TeamId>(self.team_id),
            annual_revenue: self.revenue().as_ref().and_then(Amount::to_proto),
            employee_count: self.employee_count,
            founded_year: self.founded_year,
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
            kind: self.kind,
            legal_name: self.legal_name.clone(),
            region: self.region.clone(),
            segment: self.segment.clone(),
            level: self.level,
            address: self.address.clone(),
            phone: self.phone.clone(),
            website: self.website.clone(),
            tags: self.tags.clone(),
            attributes: values::to_proto(&self.attributes),
            further_external_keys: self.further_keys.iter().map(Key::to_proto).collect(),
            merged_into: optional::<AccountId>(self.merged_into_id),
            ..proto::Account::default()
        };
        self.profile.write_to(&mut account);
        account
    }

    /// What it earns in a year; none when that is unknown.
    pub fn revenue(&self) -> Option<Amount> {
        Some(Amount {
            currency: self.revenue_currency.clone()?,
            amount: self.revenue_amount?,
        })
    }
}

/// Reads one account that the caller sees; refuses one that was merged.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: AccountId,
) -> Result<Account, Error> {
    let found = read(connection, id.0).await?;
    let merged_into = found.as_ref().and_then(|account| account.merged_into_id);
    let Some(survivor) = merged_into else {
        return found
            .filter(|account| call.sees(account.owner_id, account.team_id))
            .ok_or(Error::AccountNotFound(id));
    };
    let survivor = read(connection, survivor)
        .await?
        .filter(|survivor| call.sees(survivor.owner_id, survivor.team_id))
        .ok_or(Error::AccountNotFound(id))?;
    Err(Refusal::AccountMerged {
        account: id,
        survivor: survivor.name(),
    }
    .into())
}

/// Reads the account that a name leads to: that which it was merged into, if it was.
pub async fn follow(
    connection: &mut PgConnection,
    call: &Call,
    id: AccountId,
) -> Result<Account, Error> {
    match find(connection, call, id).await {
        Err(Error::Merge(Refusal::AccountMerged { survivor, .. })) => {
            find(connection, call, survivor).await
        }
        found => found,
    }
}

async fn read(connection: &mut PgConnection, id: Uuid) -> Result<Option<Account>, Error> {
    let row = select_accounts!(["where a.id = $1"], id);
    Ok(row.fetch_optional(connection).await?)
}
