//! People of the sales organisation.

pub mod batch_get;
pub mod create;
pub mod manager;
pub mod managers;
pub mod read;
pub mod update;

use jiff::Timestamp;
use jiff::civil::Date;
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

use crate::directory::notice;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::mask::maskable;
use crate::versioned::versioned;
use crate::{external_key, language, role, team};

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
    pub email: String,
    pub phone: String,
    pub title: String,
    pub language_code: String,
    pub time_zone: String,
    pub notice_channels: Vec<i32>,
    pub notice_targets: Vec<String>,
    pub manager_id: Option<Uuid>,
}

maskable!(proto::Person: display_name, login, team, roles, disabled, external_key, email, phone,
    title, language_code, time_zone, notice_addresses, manager);

versioned!(Person);

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
            email: String::new(),
            phone: String::new(),
            title: String::new(),
            language_code: String::new(),
            time_zone: String::new(),
            notice_channels: Vec::new(),
            notice_targets: Vec::new(),
            manager_id: None,
        }
    }

    /// The same person with what a caller says of it.
    pub fn told(&self, sent: &proto::Person, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("person.external_key", sent.external_key.as_ref())
            .unzip();
        let login = bad.line("person.login", &sent.login, 256);
        let (notice_channels, notice_targets) =
            notice::read_addresses("person.notice_addresses", &sent.notice_addresses, bad);
        Self {
            display_name: bad.name_text("person.display_name", &sent.display_name, 200),
            login: Some(login).filter(|login| !login.is_empty()),
            team_id: bad
                .optional_name::<TeamId>("person.team", &sent.team)
                .map(|team| team.0),
            roles: role::read("person.roles", &sent.roles, bad),
            disabled: sent.disabled,
            source_system,
            external_id,
            email: notice::read_email("person.email", &sent.email, bad),
            phone: notice::read_phone("person.phone", &sent.phone, bad),
            title: bad.text("person.title", &sent.title, 200),
            language_code: language::read("person.language_code", &sent.language_code, bad),
            time_zone: notice::read_time_zone("person.time_zone", &sent.time_zone, bad),
            notice_channels,
            notice_targets,
            manager_id: bad
                .optional_name::<PersonId>("person.manager", &sent.manager)
                .map(|id| id.0),
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
            email: self.email.clone(),
            phone: self.phone.clone(),
            title: self.title.clone(),
            language_code: self.language_code.clone(),
            time_zone: self.time_zone.clone(),
            notice_addresses: notice::addresses(&self.notice_channels, &self.notice_targets),
            manager: optional::<PersonId>(self.manager_id),
        }
    }

    /// What this caller is shown of the person.
    pub fn shown_to(&self, call: &Call) -> proto::Person {
        let is_shown = call.principal.person == Some(self.id) || role::reads_addresses(call);
        let whole = self.to_proto();
        match is_shown {
            true => whole,
            false => proto::Person {
                notice_addresses: Vec::new(),
                ..whole
            },
        }
    }

    /// What readers of events are shown: how to reach somebody is asked for, not broadcast
    /// and kept for ever.
    pub fn to_event(&self) -> proto::Person {
        proto::Person {
            email: String::new(),
            phone: String::new(),
            notice_addresses: Vec::new(),
            ..self.to_proto()
        }
    }

    /// Today, where the person is.
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(notice::time_zone(&self.time_zone)).date()
    }

    pub fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == role::ADMINISTRATOR)
    }

    /// Refuses who would make an administrator, take one over, or change the own roles,
    /// without being one.
    pub fn check_promotion(&self, before: Option<&Self>, call: &Call) -> Result<(), Error> {
        let is_concerned = self.is_administrator() || before.is_some_and(Self::is_administrator);
        let is_same_principal = before.is_some_and(|before| {
            (&before.login, &before.roles, before.disabled)
                == (&self.login, &self.roles, self.disabled)
        });
        let is_own = before.is_some_and(|before| {
            call.principal.person == Some(before.id) && before.roles != self.roles
        });
        match (is_own || is_concerned && !is_same_principal) && !role::makes_administrators(call) {
            true => Err(Error::AdministratorOnly),
            false => self.check_gift(before, call),
        }
    }

    /// Refuses a role with rights that the caller lacks. Who names another login gives all
    /// roles of the person to whoever has that.
    fn check_gift(&self, before: Option<&Self>, call: &Call) -> Result<(), Error> {
        let held = before.map(|before| before.roles.as_slice());
        let held = held.unwrap_or_default();
        let is_known = self.login.is_none() || before.is_some_and(|b| b.login == self.login);
        let gifts = self.roles.iter();
        role::check_gifts(call, gifts.filter(|role| !is_known || !held.contains(role)))
    }

    /// Refuses roles, and another way to sign in to them, that a restricted credential
    /// would give. Someone new without roles may sign in, but do nothing.
    pub fn check_credential(&self, before: Option<&Self>, call: &Call, bad: &mut Violations) {
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
        if let Some(manager) = self.manager_id {
            manager::check(connection, self.id, manager).await?;
        }
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

    pub async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.person
               (tenant_id, id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id, email, phone, title, language_code, time_zone, notice_channels,
                notice_targets, manager_id)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                     $18, $19)",
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
            self.email,
            self.phone,
            self.title,
            self.language_code,
            self.time_zone,
            &self.notice_channels,
            &self.notice_targets,
            self.manager_id,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    pub async fn update(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.person
             set version = $2, updated_at = $3, display_name = $4, login = $5, team_id = $6, roles = $7,
                 disabled = $8, source_system = $9, external_id = $10, email = $11, phone = $12, title = $13,
                 language_code = $14, time_zone = $15, notice_channels = $16, notice_targets = $17, manager_id = $18
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
            self.email,
            self.phone,
            self.title,
            self.language_code,
            self.time_zone,
            &self.notice_channels,
            &self.notice_targets,
            self.manager_id,
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
                source_system, external_id, email, phone, title, language_code, time_zone, notice_channels,
                notice_targets, manager_id
         from accounts.person where id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::PersonNotFound(id))
}

/// Reads several people by age; those that are not there are left out.
pub async fn find_all(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query_as!(
        Person,
        "select id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id, email, phone, title, language_code, time_zone, notice_channels,
                notice_targets, manager_id
         from accounts.person where id = any($1) order by id",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Refuses people whom the tenant does not have.
pub async fn require_all(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let known = sqlx::query_scalar!("select id from accounts.person where id = any($1)", ids)
        .fetch_all(connection)
        .await?;
    match ids.iter().find(|id| !known.contains(id)) {
        Some(unknown) => Err(Error::PersonNotFound(PersonId(*unknown))),
        None => Ok(()),
    }
}

/// Notes a change of a person.
pub fn record(w: &mut Writer<'_>, before: Option<&Person>, after: &Person) {
    let change = proto::PersonChanged {
        before: before.map(Person::to_event),
        after: Some(after.to_event()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

/// Reads one person and keeps other writers away until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: PersonId) -> Result<Person, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.person where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, id).await
}
