//! Teams: the tree of the sales organisation.

pub mod create;
pub mod list;
pub mod update;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::log;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::mask::maskable;
use crate::versioned::versioned;
use crate::{external_key, person};

/// A row of `accounts.team`.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub parent_id: Option<Uuid>,
    pub lead_id: Option<Uuid>,
    pub manager_ids: Vec<Uuid>,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
}

maskable!(proto::Team: display_name, parent, lead, external_key, managers);

const MAX_MANAGERS: usize = 50;

versioned!(Team);

impl Team {
    /// A team about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            parent_id: None,
            lead_id: None,
            manager_ids: Vec::new(),
            source_system: None,
            external_id: None,
        }
    }

    /// The same team with what a caller says of it.
    pub fn told(&self, sent: &proto::Team, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("team.external_key", sent.external_key.as_ref())
            .unzip();
        Self {
            display_name: bad.name_text("team.display_name", &sent.display_name, 200),
            parent_id: bad
                .optional_name::<TeamId>("team.parent", &sent.parent)
                .map(|team| team.0),
            lead_id: bad
                .optional_name::<PersonId>("team.lead", &sent.lead)
                .map(|person| person.0),
            manager_ids: read_managers(&sent.managers, bad),
            source_system,
            external_id,
            ..self.clone()
        }
    }

    pub fn name(&self) -> TeamId {
        TeamId(self.id)
    }

    pub fn to_proto(&self) -> proto::Team {
        proto::Team {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            display_name: self.display_name.clone(),
            parent: optional::<TeamId>(self.parent_id),
            lead: optional::<PersonId>(self.lead_id),
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
            managers: self
                .manager_ids
                .iter()
                .map(|id| PersonId(*id).to_string())
                .collect(),
        }
    }

    /// Refuses a parent, a lead or an external key that the tenant does not allow.
    async fn check_references(&self, connection: &mut PgConnection) -> Result<(), Error> {
        if let Some(parent) = self.parent_id {
            require(connection, TeamId(parent)).await?;
        }
        if let Some(lead) = self.lead_id {
            person::find(connection, PersonId(lead)).await?;
        }
        person::require_all(connection, &self.manager_ids).await?;
        let holder = sqlx::query_scalar!(
            "select id from accounts.team where source_system = $1 and external_id = $2 and id <> $3",
            self.source_system,
            self.external_id,
            self.id,
        )
        .fetch_optional(connection)
        .await?;
        match holder {
            Some(id) => Err(Error::ExternalKeyTaken {
                holder: Some(TeamId(id).to_string()),
            }),
            None => Ok(()),
        }
    }

    pub async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.team
               (tenant_id, id, version, created_at, updated_at, display_name, parent_id, lead_id,
                source_system, external_id, manager_ids)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            self.id,
            self.version,
            self.created_at as _,
            self.updated_at as _,
            self.display_name,
            self.parent_id,
            self.lead_id,
            self.source_system,
            self.external_id,
            &self.manager_ids,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    pub async fn update(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.team
             set version = $2, updated_at = $3, display_name = $4, parent_id = $5, lead_id = $6,
                 source_system = $7, external_id = $8, manager_ids = $9
             where id = $1",
            self.id,
            self.version,
            self.updated_at as _,
            self.display_name,
            self.parent_id,
            self.lead_id,
            self.source_system,
            self.external_id,
            &self.manager_ids,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The people beside the lead, each once.
pub fn read_managers(names: &[String], bad: &mut Violations) -> Vec<Uuid> {
    if names.len() > MAX_MANAGERS {
        bad.add("team.managers", format!("must be at most {MAX_MANAGERS}"));
        return Vec::new();
    }
    let mut ids: Vec<Uuid> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let id: PersonId = bad.name(&format!("team.managers[{index}]"), name);
        if !ids.contains(&id.0) {
            ids.push(id.0);
        }
    }
    ids
}

/// Refuses a team that the tenant does not have.
pub async fn require(connection: &mut PgConnection, id: TeamId) -> Result<(), Error> {
    sqlx::query_scalar!("select id from accounts.team where id = $1", id.0)
        .fetch_optional(connection)
        .await?
        .map(|_| ())
        .ok_or(Error::TeamNotFound(id))
}

/// Reads one team and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, id: TeamId) -> Result<Team, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query_as!(
        Team,
        "select id, version, created_at, updated_at, display_name, parent_id, lead_id, manager_ids, source_system,
                external_id
         from accounts.team where id = $1 for no key update",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::TeamNotFound(id))
}
