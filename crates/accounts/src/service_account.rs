//! Service accounts: programs that call.

pub mod create;
pub mod list;

use jiff_sqlx::Timestamp;
use keynode_kit::name::optional;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{ServiceAccountId, TeamId};
use crate::role;

/// A row of `accounts.service_account`.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    pub id: Uuid,
    pub version: i64,
    pub created_at: Timestamp,
    pub display_name: String,
    pub roles: Vec<String>,
    pub disabled: bool,
    pub team_id: Option<Uuid>,
}

impl ServiceAccount {
    pub fn name(&self) -> ServiceAccountId {
        ServiceAccountId(self.id)
    }

    pub fn to_proto(&self) -> proto::ServiceAccount {
        proto::ServiceAccount {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            display_name: self.display_name.clone(),
            roles: self.roles.iter().map(|id| role::to_name(id)).collect(),
            disabled: self.disabled,
            team: optional::<TeamId>(self.team_id),
        }
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.service_account
               (tenant_id, id, version, created_at, display_name, roles, disabled, team_id)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7)",
            self.id,
            self.version,
            self.created_at as _,
            self.display_name,
            &self.roles,
            self.disabled,
            self.team_id,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Refuses a service account that the tenant does not have.
pub async fn require(connection: &mut PgConnection, id: ServiceAccountId) -> Result<(), Error> {
    sqlx::query_scalar!(
        "select id from accounts.service_account where id = $1",
        id.0
    )
    .fetch_optional(connection)
    .await?
    .map(|_| ())
    .ok_or(Error::ServiceAccountNotFound(id))
}
