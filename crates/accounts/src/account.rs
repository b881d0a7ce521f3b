//! Accounts: customers, and third parties that take part in the buying.

pub mod assignment;
pub mod create;
pub mod import;
pub mod read;
pub mod tree;
pub mod update;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::google::r#type::Money;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::external_key;
use crate::ids::{AccountId, PersonId, TeamId};
use crate::mask::maskable;

/// A row of `accounts.account`.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub industry: String,
    pub location: String,
    pub parent_id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub revenue_amount: Option<Decimal>,
    pub revenue_currency: Option<String>,
    pub employee_count: Option<i64>,
    pub founded_year: Option<i32>,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
}

maskable!(proto::Account: display_name, industry, location, parent, owner, team, annual_revenue,
    employee_count, founded_year, external_key);

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
        }
    }

    /// The same account with what a caller says of it.
    pub fn told(&self, sent: &proto::Account, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("account.external_key", sent.external_key.as_ref())
            .unzip();
        let (revenue_currency, revenue_amount) =
            read_revenue(sent.annual_revenue.as_ref(), bad).unzip();
        if let Some(count) = sent.employee_count {
            bad.range("account.employee_count", count, 0..=1_000_000_000);
        }
        if let Some(year) = sent.founded_year {
            bad.range("account.founded_year", year.into(), 1..=9999);
        }
        Self {
            display_name: bad.required_text("account.display_name", &sent.display_name, 200),
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

    /// The account after a change at `now`; the same when nothing changed.
    pub fn changed(self, before: &Self, now: Timestamp) -> Self {
        match self == *before {
            true => self,
            false => Self {
                version: before.version + 1,
                updated_at: now.to_sqlx(),
                ..self
            },
        }
    }

    pub fn name(&self) -> AccountId {
        AccountId(self.id)
    }

    pub fn to_proto(&self) -> proto::Account {
        proto::Account {
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
            annual_revenue: self.revenue(),
            employee_count: self.employee_count,
            founded_year: self.founded_year,
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
        }
    }

    fn revenue(&self) -> Option<Money> {
        wire::money(self.revenue_currency.as_deref()?, self.revenue_amount?).ok()
    }

    /// Refuses an external key that another account has; its name is told to who sees it.
    async fn check_external_key(
        &self,
        connection: &mut PgConnection,
        call: &Call,
    ) -> Result<(), Error> {
        let holder = sqlx::query!(
            "select id, owner_id, team_id from accounts.account
             where source_system = $1 and external_id = $2 and id <> $3",
            self.source_system,
            self.external_id,
            self.id,
        )
        .fetch_optional(connection)
        .await?;
        let Some(holder) = holder else { return Ok(()) };
        let is_seen = call.sees(holder.owner_id, holder.team_id);
        Err(Error::ExternalKeyTaken {
            holder: is_seen.then(|| AccountId(holder.id).to_string()),
        })
    }
}

fn read_revenue(sent: Option<&Money>, bad: &mut Violations) -> Option<(String, Decimal)> {
    match wire::read_money(sent?) {
        Ok((currency, amount)) if !amount.is_sign_negative() || amount.is_zero() => {
            return Some((currency, amount));
        }
        Ok(_) => bad.add("account.annual_revenue", "must not be negative"),
        Err(error) => bad.add("account.annual_revenue", error.to_string()),
    }
    None
}

/// Reads one account that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: AccountId,
) -> Result<Account, Error> {
    sqlx::query_as!(
        Account,
        "select id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
                team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id
         from accounts.account where id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .filter(|account| call.sees(account.owner_id, account.team_id))
    .ok_or(Error::AccountNotFound(id))
}
