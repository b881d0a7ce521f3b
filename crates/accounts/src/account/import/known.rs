//! What an import needs to know of what is stored: a query per kind, however many rows.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::log;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{Key, Parent, Row};
use crate::account::Account;
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};

/// The stored records that the rows of an import refer to.
#[derive(Debug)]
pub struct Known {
    accounts: HashMap<Key, Account>,
    /// Accounts named by id that the caller sees.
    visible: HashSet<Uuid>,
    /// People with their teams.
    people: HashMap<Uuid, Option<Uuid>>,
    teams: HashSet<Uuid>,
    call: Call,
}

impl Known {
    /// Loads what the rows refer to and locks the accounts that they would change.
    pub async fn load(
        connection: &mut PgConnection,
        call: &Call,
        rows: &[Result<Row, Error>],
    ) -> Result<Self, Error> {
        let rows = || rows.iter().flatten();
        let keys = rows()
            .map(|row| &row.key)
            .chain(rows().filter_map(parent_key))
            .collect();
        let named: Vec<Uuid> = rows().filter_map(parent_name).collect();
        let people = rows()
            .filter_map(|row| row.owner)
            .map(|id| id.0)
            .chain(call.principal.person)
            .collect();
        let teams = rows().filter_map(|row| row.team).map(|id| id.0).collect();
        Ok(Self {
            accounts: accounts(connection, keys).await?,
            visible: visible(connection, call, &named).await?,
            people: people_with_teams(connection, people).await?,
            teams: existing_teams(connection, teams).await?,
            call: call.clone(),
        })
    }

    fn sees(&self, account: &Account) -> bool {
        self.call.sees(account.owner_id, account.team_id)
    }

    /// The account that has this key, if there is one; refuses one that is not seen.
    pub fn stored(&self, key: &Key) -> Result<Option<&Account>, Error> {
        match self.accounts.get(key) {
            Some(account) if !self.sees(account) => {
                Err(Error::AccountKeyNotFound(key.external_id.clone()))
            }
            account => Ok(account),
        }
    }

    /// Whether this account is there and seen.
    pub fn is_visible(&self, id: AccountId) -> bool {
        self.visible.contains(&id.0)
    }

    pub fn team_of(&self, person: Uuid) -> Option<Uuid> {
        self.people.get(&person).copied().flatten()
    }

    pub fn check_owner(&self, owner: Option<PersonId>) -> Result<(), Error> {
        match owner.filter(|id| !self.people.contains_key(&id.0)) {
            Some(unknown) => Err(Error::PersonNotFound(unknown)),
            None => Ok(()),
        }
    }

    pub fn check_team(&self, team: Option<TeamId>) -> Result<(), Error> {
        match team.filter(|id| !self.teams.contains(&id.0)) {
            Some(unknown) => Err(Error::TeamNotFound(unknown)),
            None => Ok(()),
        }
    }
}

fn parent_key(row: &Row) -> Option<&Key> {
    if let Parent::Key(key) = &row.parent {
        Some(key)
    } else {
        None
    }
}

fn parent_name(row: &Row) -> Option<Uuid> {
    if let Parent::Name(id) = &row.parent {
        Some(id.0)
    } else {
        None
    }
}

/// Locks the accounts that have these keys. `tree::lock` is held, so no other account gets
/// one of the keys between taking the turns and locking the rows.
async fn accounts(
    connection: &mut PgConnection,
    keys: HashSet<&Key>,
) -> Result<HashMap<Key, Account>, Error> {
    let (systems, ids): (Vec<String>, Vec<String>) = keys
        .into_iter()
        .map(|key| (key.source_system.clone(), key.external_id.clone()))
        .unzip();
    take_turns(connection, &systems, &ids).await?;
    let rows = sqlx::query_as!(
        Account,
        "select id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
                team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id
         from accounts.account
         where (source_system, external_id) in (select * from unnest($1::text[], $2::text[]))
         order by id for no key update",
        &systems,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let key = |account: &Account| {
        Some(Key {
            source_system: account.source_system.clone()?,
            external_id: account.external_id.clone()?,
        })
    };
    Ok(rows
        .into_iter()
        .filter_map(|account| Some((key(&account)?, account)))
        .collect())
}

async fn take_turns(
    connection: &mut PgConnection,
    systems: &[String],
    external_ids: &[String],
) -> Result<(), Error> {
    let ids = sqlx::query_scalar!(
        "select id from accounts.account
         where (source_system, external_id) in (select * from unnest($1::text[], $2::text[]))",
        systems,
        external_ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let subjects: Vec<String> = ids
        .into_iter()
        .map(|id| AccountId(id).to_string())
        .collect();
    Ok(log::take_turn(connection, &subjects).await?)
}

async fn visible(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_scalar!(
        "select id from accounts.account
         where id = any($1) and ($2 or owner_id = $3 or team_id = any($4))",
        ids,
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}

async fn people_with_teams(
    connection: &mut PgConnection,
    ids: HashSet<Uuid>,
) -> Result<HashMap<Uuid, Option<Uuid>>, Error> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows = sqlx::query!(
        "select id, team_id from accounts.person where id = any($1)",
        &ids
    );
    Ok(rows
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| (row.id, row.team_id))
        .collect())
}

async fn existing_teams(
    connection: &mut PgConnection,
    ids: HashSet<Uuid>,
) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows = sqlx::query_scalar!("select id from accounts.team where id = any($1)", &ids);
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}
