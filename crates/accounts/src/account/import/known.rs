//! What an import needs to know of what is stored: a query per kind, however many rows.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::log;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{Parent, Row};
use crate::account::Account;
use crate::account::key::{self, Holder, Key};
use crate::account::rows::select_accounts;
use crate::account::seen::Seen;
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};

/// The stored records that the rows of an import refer to.
#[derive(Debug)]
pub struct Known {
    accounts: HashMap<Uuid, Account>,
    /// Who has the keys that the rows name.
    holders: HashMap<Key, Holder>,
    /// Accounts named by id.
    named: Seen,
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
        links: &[(Key, AccountId)],
    ) -> Result<Self, Error> {
        let rows = || rows.iter().flatten();
        let keys: HashSet<Key> = rows()
            .flat_map(Row::keys)
            .chain(rows().filter_map(parent_key).cloned())
            .collect();
        let mut holders = key::holders(connection, call, keys.into_iter()).await?;
        holders.extend(links.iter().map(|(key, account)| Holder {
            key: key.clone(),
            account: *account,
            is_seen: true,
        }));
        let named: Vec<Uuid> = rows().filter_map(parent_name).collect();
        let people = rows()
            .filter_map(|row| row.owner)
            .map(|id| id.0)
            .chain(call.principal.person)
            .collect();
        let teams = rows().filter_map(|row| row.team).map(|id| id.0).collect();
        Ok(Self {
            accounts: accounts(connection, &holders).await?,
            holders: holders.into_iter().map(|h| (h.key.clone(), h)).collect(),
            named: Seen::load(connection, call, &named).await?,
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
        let holder = self.holders.get(key);
        match holder.and_then(|holder| self.accounts.get(&holder.account.0)) {
            Some(account) if !self.sees(account) => {
                Err(Error::AccountKeyNotFound(key.external_id.clone()))
            }
            account => Ok(account),
        }
    }

    /// Refuses an account a key of which another one has.
    pub fn check_keys(&self, account: &Account) -> Result<(), Error> {
        let holders = account.keys().filter_map(|key| self.holders.get(&key));
        match holders.into_iter().find(|h| h.account.0 != account.id) {
            Some(other) => Err(other.refusal()),
            None => Ok(()),
        }
    }

    /// Refuses an account that is not there, not seen, or merged.
    pub fn check_named(&self, id: AccountId) -> Result<(), Error> {
        self.named.check(id)
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
/// one of the keys between finding who has them and locking the rows.
async fn accounts(
    connection: &mut PgConnection,
    holders: &[Holder],
) -> Result<HashMap<Uuid, Account>, Error> {
    let names: Vec<String> = holders.iter().map(|h| h.account.to_string()).collect();
    log::take_turn(connection, &names).await?;
    let ids: Vec<Uuid> = holders.iter().map(|h| h.account.0).collect();
    let rows = select_accounts!(
        ["where a.id = any($1) order by a.id for no key update of a"],
        &ids
    );
    let accounts = rows.fetch_all(connection).await?;
    Ok(accounts.into_iter().map(|a| (a.id, a)).collect())
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
