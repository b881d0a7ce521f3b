//! What a synchronisation needs to know of what is stored: a query per kind.

use std::collections::{HashMap, HashSet};

use keynode_kit::log;
use keynode_proto::accounts::v1::SyncDirectoryRequest;
use sqlx::PgConnection;
use uuid::Uuid;

use super::absent::{self, Limit};
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::person::{self, Person};
use crate::team::{self, Team};

/// The stored records that the rows are about or refer to, by their ids in the other system.
#[derive(Debug)]
pub struct Known {
    pub teams: HashMap<String, Team>,
    pub people: HashMap<String, Person>,
    /// Login → who has it.
    pub logins: HashMap<String, Uuid>,
    pub roles: HashSet<String>,
    /// Team → the team above.
    pub parents: HashMap<Uuid, Uuid>,
    /// Person → direct superior.
    pub managers: HashMap<Uuid, Uuid>,
    /// Who would be disabled for being absent.
    pub absent: Vec<Person>,
}

impl Known {
    /// Loads what the rows refer to and keeps other writers of it away.
    pub async fn load(
        connection: &mut PgConnection,
        request: &SyncDirectoryRequest,
        limit: Option<&Limit>,
    ) -> Result<Self, Error> {
        team::update::lock_tree(connection).await?;
        person::manager::lock_lines(connection).await?;
        let system = request.source_system.trim();
        let teams = ids_of_teams(connection, system, &team_keys(request)).await?;
        let people = ids_of_people(connection, system, &person_keys(request)).await?;
        let absent = absent::find(connection, request, limit).await?;
        let mut concerned: Vec<Uuid> = people.iter().chain(&absent).copied().collect();
        concerned.sort_unstable();
        concerned.dedup();
        take_turns(connection, &teams, &concerned).await?;
        let everybody = person::find_all(connection, &concerned).await?;
        let absent = everybody
            .iter()
            .filter(|person| absent.contains(&person.id) && !person.disabled)
            .cloned()
            .collect();
        Ok(Self {
            teams: by_key(team::list::by_ids(connection, &teams).await?, |t| {
                &t.external_id
            }),
            people: by_key(everybody, |person| &person.external_id),
            logins: logins(connection, request).await?,
            roles: roles(connection).await?,
            parents: parents(connection).await?,
            managers: managers(connection).await?,
            absent,
        })
    }
}

fn by_key<T>(rows: Vec<T>, key: impl Fn(&T) -> &Option<String>) -> HashMap<String, T> {
    rows.into_iter()
        .filter_map(|row| Some((key(&row).clone()?, row)))
        .collect()
}

/// Every team that a row is about or refers to.
fn team_keys(request: &SyncDirectoryRequest) -> Vec<String> {
    let own = request.teams.iter().map(|row| &row.external_id);
    let parents = request.teams.iter().flat_map(|row| &row.parent_external_id);
    let teams = request.people.iter().flat_map(|row| &row.team_external_id);
    trimmed(own.chain(parents).chain(teams))
}

/// Every person whom a row is about or refers to.
fn person_keys(request: &SyncDirectoryRequest) -> Vec<String> {
    let own = request.people.iter().map(|row| &row.external_id);
    let superiors = request
        .people
        .iter()
        .flat_map(|row| &row.manager_external_id);
    let leads = request.teams.iter().flat_map(|row| &row.lead_external_id);
    let managers = request
        .teams
        .iter()
        .flat_map(|row| row.managers.iter().flat_map(|list| &list.external_ids));
    trimmed(own.chain(superiors).chain(leads).chain(managers))
}

/// The keys to look for. Postgres knows no NUL: what has one is stored nowhere, and the row
/// that says it is refused with the others that find nothing.
fn trimmed<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    let keys: HashSet<&str> = keys
        .map(|key| key.trim())
        .filter(|key| !key.contains('\0'))
        .collect();
    keys.into_iter().map(str::to_owned).collect()
}

async fn ids_of_teams(
    connection: &mut PgConnection,
    system: &str,
    keys: &[String],
) -> Result<Vec<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.team where source_system = $1 and external_id = any($2)",
        system,
        keys,
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn ids_of_people(
    connection: &mut PgConnection,
    system: &str,
    keys: &[String],
) -> Result<Vec<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.person where source_system = $1 and external_id = any($2)",
        system,
        keys,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Whoever holds the turns is the only writer of these records.
async fn take_turns(
    connection: &mut PgConnection,
    teams: &[Uuid],
    people: &[Uuid],
) -> Result<(), Error> {
    let teams = teams.iter().map(|id| TeamId(*id).to_string());
    let people = people.iter().map(|id| PersonId(*id).to_string());
    Ok(log::take_turn(connection, &teams.chain(people).collect::<Vec<_>>()).await?)
}

async fn logins(
    connection: &mut PgConnection,
    request: &SyncDirectoryRequest,
) -> Result<HashMap<String, Uuid>, Error> {
    let wanted = trimmed(request.people.iter().flat_map(|row| &row.login));
    let rows = sqlx::query!(
        r#"select login as "login!", id from accounts.person where login = any($1)"#,
        &wanted,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.login, row.id)).collect())
}

async fn roles(connection: &mut PgConnection) -> Result<HashSet<String>, Error> {
    let rows = sqlx::query_scalar!("select id from accounts.role");
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}

async fn parents(connection: &mut PgConnection) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"select id, parent_id as "parent_id!" from accounts.team where parent_id is not null"#
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.parent_id))
        .collect())
}

async fn managers(connection: &mut PgConnection) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"select id, manager_id as "manager_id!" from accounts.person where manager_id is not null"#
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.manager_id))
        .collect())
}
