//! What an import needs to know of what is stored: a query per kind, however many rows.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{Reference, Row};
use crate::account::seen::Seen;
use crate::contact::refusal::Refusal;
use crate::contact::{Contact, rows};
use crate::error::Error;
use crate::external_key::Key;
use crate::ids::{AccountId, ContactId};

/// The stored records that the rows of an import refer to.
#[derive(Debug)]
pub struct Known {
    contacts: HashMap<Key, Contact>,
    /// Keys of contacts that the caller does not see.
    hidden: HashSet<Key>,
    /// Contacts named by id, with their accounts.
    managers: HashMap<Uuid, Uuid>,
    accounts: Seen,
    accounts_by_key: HashMap<Key, Uuid>,
}

impl Known {
    /// Loads what the rows refer to and locks the contacts that they would change.
    pub async fn load(
        connection: &mut PgConnection,
        call: &Call,
        rows: &[Result<Row, Error>],
    ) -> Result<Self, Error> {
        let rows = || rows.iter().flatten();
        let keys: HashSet<&Key> = rows()
            .map(|row| &row.key)
            .chain(rows().filter_map(|row| key_in(row.manager.as_ref())))
            .collect();
        let managers: Vec<Uuid> = rows()
            .filter_map(|row| name_in(row.manager.as_ref()))
            .map(|id: ContactId| id.0)
            .collect();
        let account_keys = rows()
            .filter_map(|row| key_in(row.account.as_ref()))
            .collect();
        let accounts: Vec<Uuid> = rows()
            .filter_map(|row| name_in(row.account.as_ref()))
            .map(|id: AccountId| id.0)
            .chain(rows().flat_map(|row| row.employers.iter().copied()))
            .collect();
        let (contacts, hidden) = contacts(connection, call, keys).await?;
        Ok(Self {
            contacts,
            hidden,
            managers: accounts_of(connection, call, &managers).await?,
            accounts: Seen::load(connection, call, &accounts).await?,
            accounts_by_key: keyed_accounts(connection, call, account_keys).await?,
        })
    }

    /// The contact that has this key, if there is one; refuses one that is not seen.
    pub fn contact(&self, key: &Key) -> Result<Option<&Contact>, Refusal> {
        match self.hidden.contains(key) {
            true => Err(Refusal::KeyNotFound(key.external_id.clone())),
            false => Ok(self.contacts.get(key)),
        }
    }

    /// Every stored contact that a row would change or names by its key.
    pub fn contacts(&self) -> impl Iterator<Item = Uuid> {
        self.contacts.values().map(|contact| contact.id)
    }

    /// Every contact named by id.
    pub fn managers(&self) -> impl Iterator<Item = Uuid> {
        self.managers.keys().copied()
    }

    /// Where a contact named by id works.
    pub fn account_of(&self, manager: ContactId) -> Result<Uuid, Error> {
        let account = self.managers.get(&manager.0).copied();
        account.ok_or(Error::ContactNotFound(manager))
    }

    /// The account that is named, if it is there and seen.
    pub fn account(&self, named: &Reference<AccountId>) -> Result<AccountId, Error> {
        match named {
            Reference::Name(id) => self.accounts.check(*id).map(|()| *id),
            Reference::Key(key) => {
                let found = self.accounts_by_key.get(key).copied().map(AccountId);
                found.ok_or_else(|| Error::AccountKeyNotFound(key.external_id.clone()))
            }
        }
    }

    /// Refuses former employers that are not there or not seen.
    pub fn check_employers(&self, named: Vec<Uuid>) -> Result<(), Error> {
        named
            .into_iter()
            .try_for_each(|id| self.accounts.check(AccountId(id)))
    }
}

fn key_in<Id>(named: Option<&Reference<Id>>) -> Option<&Key> {
    match named? {
        Reference::Key(key) => Some(key),
        Reference::Name(_) => None,
    }
}

fn name_in<Id: Copy>(named: Option<&Reference<Id>>) -> Option<Id> {
    match named? {
        Reference::Name(id) => Some(*id),
        Reference::Key(_) => None,
    }
}

fn columns(keys: HashSet<&Key>) -> (Vec<String>, Vec<String>) {
    keys.into_iter()
        .map(|key| (key.source_system.clone(), key.external_id.clone()))
        .unzip()
}

/// Locks the contacts that have these keys; tells also which keys are of contacts that the
/// caller does not see. `lines::lock` is held, so no other contact gets one of the keys.
async fn contacts(
    connection: &mut PgConnection,
    call: &Call,
    keys: HashSet<&Key>,
) -> Result<(HashMap<Key, Contact>, HashSet<Key>), Error> {
    let (systems, external_ids) = columns(keys);
    let found = sqlx::query!(
        r#"select id, source_system as "source_system!", external_id as "external_id!" from accounts.contact
           where (source_system, external_id) in (select * from unnest($1::text[], $2::text[]))"#,
        &systems,
        &external_ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
    let seen = rows::lock_all(connection, call, &ids).await?;
    let mut contacts: HashMap<Uuid, Contact> = seen.into_iter().map(|c| (c.id, c)).collect();
    let (mut visible, mut hidden) = (HashMap::new(), HashSet::new());
    for row in found {
        let key = Key {
            source_system: row.source_system,
            external_id: row.external_id,
        };
        match contacts.remove(&row.id) {
            Some(contact) => {
                visible.insert(key, contact);
            }
            None => {
                hidden.insert(key);
            }
        }
    }
    Ok((visible, hidden))
}

/// Where these contacts work, as far as the caller sees them.
async fn accounts_of(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = rows::load(connection, call, ids).await?;
    Ok(found.into_iter().map(|c| (c.id, c.account_id)).collect())
}

/// The accounts that have these keys and that the caller sees.
async fn keyed_accounts(
    connection: &mut PgConnection,
    call: &Call,
    keys: HashSet<&Key>,
) -> Result<HashMap<Key, Uuid>, Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let (systems, external_ids) = columns(keys);
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query!(
        "select a.id, k.source_system, k.external_id
         from accounts.account_key k
         join accounts.account a on a.tenant_id = k.tenant_id and a.id = k.account_id
         where (k.source_system, k.external_id) in (select * from unnest($1::text[], $2::text[]))
           and ($3 or a.owner_id = $4 or a.team_id = any($5))",
        &systems,
        &external_ids,
        all,
        me,
        &teams,
    )
    .fetch_all(connection)
    .await?;
    let keyed = rows.into_iter().map(|row| {
        let key = Key {
            source_system: row.source_system,
            external_id: row.external_id,
        };
        (key, row.id)
    });
    Ok(keyed.collect())
}
