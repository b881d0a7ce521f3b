//! What a batch needs to know of what is stored: a query per kind, however many rows.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Key, Prospect, key_of};
use crate::error::Error;
use crate::ids::{PersonId, ProspectId, TargetDefinitionId, TeamId};
use crate::prospect::refusal::Refusal;
use crate::prospect::row;

/// The stored records that the rows refer to.
#[derive(Debug)]
pub struct Known {
    prospects: HashMap<Key, Prospect>,
    /// People with their teams.
    people: HashMap<Uuid, Option<Uuid>>,
    teams: HashSet<Uuid>,
    definitions: HashSet<Uuid>,
}

impl Known {
    /// Loads what the rows refer to and locks the prospects that they would change.
    pub async fn load(
        connection: &mut PgConnection,
        call: &Call,
        rows: &[&proto::Prospect],
    ) -> Result<Self, Error> {
        let keys = rows.iter().filter_map(|row| key_of(row)).collect();
        let prospects = lock_prospects(connection, keys).await?;
        let stored = || prospects.values().map(|stored| &stored.record);
        let all = || rows.iter().copied().chain(stored());
        let people = ids(all().map(|row| &row.owner), |PersonId(id)| id);
        let people: Vec<Uuid> = people.into_iter().chain(call.principal.person).collect();
        let teams = ids(all().map(|row| &row.team), |TeamId(id)| id);
        let definitions = ids(
            all().map(|row| &row.target_definition),
            |TargetDefinitionId(id)| id,
        );
        Ok(Self {
            people: find_people(connection, &people).await?,
            teams: find_teams(connection, &teams).await?,
            definitions: find_definitions(connection, &definitions).await?,
            prospects,
        })
    }

    /// The prospect that has this key, if there is one; refuses one that is not seen.
    pub fn stored(&self, call: &Call, key: &Key) -> Result<Option<&Prospect>, Error> {
        match self.prospects.get(key) {
            Some(found) if !call.sees(found.owner(), found.team()) => {
                Err(Refusal::KeyNotFound(key.1.clone()).into())
            }
            found => Ok(found),
        }
    }

    pub fn team_of(&self, person: Uuid) -> Option<Uuid> {
        self.people.get(&person).copied().flatten()
    }

    /// Refuses an owner, a team or a definition that the tenant does not have.
    pub fn check_references(&self, prospect: &Prospect) -> Result<(), Error> {
        if let Some(id) = prospect.owner().filter(|id| !self.people.contains_key(id)) {
            return Err(Error::PersonNotFound(PersonId(id)));
        }
        if let Some(id) = prospect.team().filter(|id| !self.teams.contains(id)) {
            return Err(Error::TeamNotFound(TeamId(id)));
        }
        match prospect.definition() {
            Some(id) if !self.definitions.contains(&id.0) => {
                Err(Refusal::DefinitionNotFound(id).into())
            }
            _ => Ok(()),
        }
    }
}

/// The ids in names, empty names left out.
fn ids<'r, T: std::str::FromStr>(
    names: impl Iterator<Item = &'r String>,
    id: impl Fn(T) -> Uuid,
) -> Vec<Uuid> {
    let ids: HashSet<Uuid> = names.filter_map(|name| name.parse().ok()).map(id).collect();
    ids.into_iter().collect()
}

/// Locks the prospects that have these keys. `row::lock_keys` is held, so no other prospect
/// gets one of the keys between taking the turns and locking the rows.
async fn lock_prospects(
    connection: &mut PgConnection,
    keys: HashSet<Key>,
) -> Result<HashMap<Key, Prospect>, Error> {
    let (systems, ids): (Vec<String>, Vec<String>) = keys.into_iter().unzip();
    let found = sqlx::query_scalar!(
        "select id from accounts.prospect
         where (source_system, external_id) in (select * from unnest($1::text[], $2::text[]))",
        &systems,
        &ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let subjects: Vec<String> = found.iter().map(|id| ProspectId(*id).to_string()).collect();
    log::take_turn(connection, &subjects).await?;
    let rows = sqlx::query!(
        "select id, version, record from accounts.prospect where id = any($1)
         order by id for no key update",
        &found,
    )
    .fetch_all(connection)
    .await?;
    let mut prospects = HashMap::new();
    for row in rows {
        let prospect = row::decode(row.id, row.version, &row.record)?;
        if let Some(key) = key_of(&prospect.record) {
            prospects.insert(key, prospect);
        }
    }
    Ok(prospects)
}

async fn find_people(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<Uuid>>, Error> {
    let rows = sqlx::query!(
        "select id, team_id from accounts.person where id = any($1)",
        ids
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.team_id)).collect())
}

async fn find_teams(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashSet<Uuid>, Error> {
    let rows = sqlx::query_scalar!("select id from accounts.team where id = any($1)", ids);
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}

async fn find_definitions(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.target_definition where id = any($1)",
        ids
    );
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}
