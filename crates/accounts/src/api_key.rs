//! API keys: long-lived secrets of people and programs, of which only the hash is kept.

pub mod create;
pub mod list;
pub mod revoke;

use std::fmt;

use jiff_sqlx::Timestamp;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{ApiKeyId, PersonId, ServiceAccountId};

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Person(PersonId),
    ServiceAccount(ServiceAccountId),
}

impl Subject {
    /// Reads `people/{id}` or `serviceAccounts/{id}`.
    pub fn read(field: &str, name: &str, bad: &mut Violations) -> Self {
        let person = name.parse().map(Self::Person).ok();
        person
            .or_else(|| name.parse().map(Self::ServiceAccount).ok())
            .unwrap_or_else(|| {
                bad.add(
                    field,
                    "must be `people/{id}` or `serviceAccounts/{id}`, id a UUID",
                );
                Self::Person(PersonId(Uuid::nil()))
            })
    }

    pub fn person(self) -> Option<Uuid> {
        if let Self::Person(id) = self {
            Some(id.0)
        } else {
            None
        }
    }

    pub fn service_account(self) -> Option<Uuid> {
        if let Self::ServiceAccount(id) = self {
            Some(id.0)
        } else {
            None
        }
    }

    fn of(person: Option<Uuid>, service_account: Option<Uuid>) -> Self {
        match person {
            Some(id) => Self::Person(PersonId(id)),
            // The database holds exactly one of the two.
            None => Self::ServiceAccount(ServiceAccountId(service_account.unwrap_or_default())),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::ServiceAccount(id) => id.fmt(f),
        }
    }
}

/// A row of `accounts.api_key`, without the hash.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    pub id: Uuid,
    pub version: i64,
    pub created_at: Timestamp,
    pub person_id: Option<Uuid>,
    pub service_account_id: Option<Uuid>,
    pub display_name: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl KeyRecord {
    pub fn name(&self) -> ApiKeyId {
        ApiKeyId(self.id)
    }

    pub fn to_proto(&self) -> proto::ApiKey {
        let moment = |at: Timestamp| wire::timestamp(at.to_jiff());
        proto::ApiKey {
            name: self.name().to_string(),
            create_time: Some(moment(self.created_at)),
            subject: Subject::of(self.person_id, self.service_account_id).to_string(),
            display_name: self.display_name.clone(),
            scopes: self.scopes.clone(),
            expire_time: self.expires_at.map(moment),
            revoke_time: self.revoked_at.map(moment),
        }
    }

    async fn insert(&self, connection: &mut PgConnection, hash: &[u8; 32]) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.api_key
               (tenant_id, id, version, created_at, person_id, service_account_id, display_name, scopes,
                expires_at, hash)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.id,
            self.version,
            self.created_at as _,
            self.person_id,
            self.service_account_id,
            self.display_name,
            &self.scopes,
            self.expires_at as _,
            hash.as_slice(),
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
