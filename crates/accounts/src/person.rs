//! People of the sales organisation.

pub mod create;
pub mod managers;
pub mod read;
pub mod update;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
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
use crate::{external_key, role, team};

/// A row of `accounts.person`.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub login: Option<String>,
    pub team_id: Option<Uuid>,
    pub roles: Vec<String>,
    pub disabled: bool,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
}

maskable!(proto::Person: display_name, login, team, roles, disabled, external_key);

impl Person {
    /// Someone about whom nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            login: None,
            team_id: None,
            roles: Vec::new(),
            disabled: false,
            source_system: None,
            external_id: None,
        }
    }

    /// The same person with what a caller says of it.
    pub fn told(&self, sent: &proto::Person, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("person.external_key", sent.external_key.as_ref())
            .unzip();
        let login = bad.text("person.login", &sent.login, 256);
        Self {
            display_name: bad.required_text("person.display_name", &sent.display_name, 200),
            login: Some(login).filter(|login| !login.is_empty()),
            team_id: bad
                .optional_name::<TeamId>("person.team", &sent.team)
                .map(|team| team.0),
            roles: role::read("person.roles", &sent.roles, bad),
            disabled: sent.disabled,
            source_system,
            external_id,
            ..self.clone()
        }
    }

    pub fn name(&self) -> PersonId {
        PersonId(self.id)
    }

    pub fn to_proto(&self) -> proto::Person {
        proto::Person {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            display_name: self.display_name.clone(),
            login: self.login.clone().unwrap_or_default(),
            team: optional::<TeamId>(self.team_id),
            roles: self.roles.iter().map(|id| role::to_name(id)).collect(),
            disabled: self.disabled,
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
        }
    }

    fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == role::ADMINISTRATOR)
    }

    /// Refuses who would make an administrator, or take one over, without being one.
    fn check_promotion(&self, before: Option<&Self>, call: &Call) -> Result<(), Error> {
        let is_concerned = self.is_administrator() || before.is_some_and(Self::is_administrator);
        let is_same_principal = before.is_some_and(|before| {
            (&before.login, &before.roles, before.disabled)
                == (&self.login, &self.roles, self.disabled)
        });
        match is_concerned && !is_same_principal && !role::makes_administrators(call) {
            true => Err(Error::AdministratorOnly),
            false => Ok(()),
        }
    }

    /// Refuses roles, and another way to sign in to them, that a restricted credential
    /// would give. Someone new without roles may sign in, but do nothing.
    fn check_credential(&self, before: Option<&Self>, call: &Call, bad: &mut Violations) {
        let roles = before.map(|before| before.roles.as_slice());
        if self.roles != roles.unwrap_or_default() {
            role::check_unrestricted(call, "person.roles", bad);
        }
        if before.is_some_and(|before| before.login != self.login) {
            role::check_unrestricted(call, "person.login", bad);
        }
    }

    /// Refuses a team, roles or an external key that the tenant does not allow.
    async fn check_references(&self, connection: &mut PgConnection) -> Result<(), Error> {
        if let Some(team) = self.team_id {
            team::require(connection, TeamId(team)).await?;
        }
        role::require(connection, &self.roles).await?;
        let holder = sqlx::query_scalar!(
            "select id from accounts.person where source_system = $1 and external_id = $2 and id <> $3",
            self.source_system,
            self.external_id,
            self.id,
        )
        .fetch_optional(connection)
        .await?;
        match holder {
            Some(id) => Err(Error::ExternalKeyTaken {
                holder: Some(PersonId(id).to_string()),
            }),
            None => Ok(()),
        }
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.person
               (tenant_id, id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            self.id,
            self.version,
            self.created_at as _,
            self.updated_at as _,
            self.display_name,
            self.login,
            self.team_id,
            &self.roles,
            self.disabled,
            self.source_system,
            self.external_id,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.person
             set version = $2, updated_at = $3, display_name = $4, login = $5, team_id = $6, roles = $7,
                 disabled = $8, source_system = $9, external_id = $10
             where id = $1",
            self.id,
            self.version,
            self.updated_at as _,
            self.display_name,
            self.login,
            self.team_id,
            &self.roles,
            self.disabled,
            self.source_system,
            self.external_id,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Reads one person.
pub async fn find(connection: &mut PgConnection, id: PersonId) -> Result<Person, Error> {
    sqlx::query_as!(
        Person,
        "select id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id
         from accounts.person where id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::PersonNotFound(id))
}

/// Reads one person and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, id: PersonId) -> Result<Person, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.person where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, id).await
}
