//! The keys under which other systems know an account: each belongs to one account, and an
//! account may have many.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, AccountRow};
use keynode_proto::common::v1::ExternalKey;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Account;
use super::save::Change;
use crate::error::Error;
pub use crate::external_key::Key;
use crate::ids::AccountId;

const MAX_FURTHER: usize = 50;

impl Key {
    /// The key of a row, if it has a whole one.
    pub fn of(row: &AccountRow) -> Option<Self> {
        Self::trimmed(row.account.as_ref()?.external_key.as_ref()?)
    }
}

impl Account {
    /// Every key of the account, the first one first.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        let first = self.source_system.clone().zip(self.external_id.clone());
        first
            .map(Key::from)
            .into_iter()
            .chain(self.further_keys.0.clone())
    }

    /// The account with one more key: its first if it has none. With as many as it may
    /// have it stays as it is.
    pub fn with_key(mut self, key: Key) -> Self {
        if self.source_system.is_none() {
            let (source_system, external_id): (String, String) = key.into();
            self.source_system = Some(source_system);
            self.external_id = Some(external_id);
        } else if self.further_keys.len() < MAX_FURTHER {
            self.further_keys.0.push(key);
            self.further_keys.0.sort();
        }
        self
    }
}

/// The further keys that a caller sends, in the order in which they are read again.
pub fn read_further(sent: &proto::Account, bad: &mut Violations) -> Vec<Key> {
    let field = "account.further_external_keys";
    let keys = &sent.further_external_keys;
    if keys.len() > MAX_FURTHER {
        bad.add(field, format!("must be at most {MAX_FURTHER}"));
    }
    let mut seen: HashSet<Key> = sent.external_key.iter().filter_map(Key::trimmed).collect();
    let mut read = Vec::new();
    for (index, key) in keys.iter().take(MAX_FURTHER).enumerate() {
        let field = format!("{field}[{index}]");
        let Some(key) = bad.external_key(&field, Some(key)).map(Key::from) else {
            continue;
        };
        if !seen.insert(key.clone()) {
            bad.add(field, "must not be there twice, nor be the first key");
        }
        read.push(key);
    }
    read.sort();
    read
}

/// Adds the keys that are not there yet.
pub fn add(keys: &mut Vec<ExternalKey>, others: &[ExternalKey]) {
    let there: HashSet<Key> = keys.iter().filter_map(Key::trimmed).collect();
    let is_new = |key: &&ExternalKey| Key::trimmed(key).is_some_and(|key| !there.contains(&key));
    keys.extend(others.iter().filter(is_new).cloned());
}

/// Whose a key is, and whether the caller sees that account.
#[derive(Clone, Debug)]
pub struct Holder {
    pub key: Key,
    pub account: AccountId,
    pub is_seen: bool,
}

impl Holder {
    /// Why another account cannot have the key; names this one to those who see it.
    pub fn refusal(&self) -> Error {
        Error::ExternalKeyTaken {
            holder: self.is_seen.then(|| self.account.to_string()),
        }
    }
}

/// Who has these keys.
pub async fn holders(
    connection: &mut PgConnection,
    call: &Call,
    keys: impl Iterator<Item = Key>,
) -> Result<Vec<Holder>, Error> {
    let (systems, ids): (Vec<String>, Vec<String>) = keys.map(<(String, String)>::from).unzip();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "select k.source_system, k.external_id, a.id, a.owner_id, a.team_id
         from accounts.account_key k
         join accounts.account a on a.tenant_id = k.tenant_id and a.id = k.account_id
         where (k.source_system, k.external_id) in (select * from unnest($1::text[], $2::text[]))",
        &systems,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let holder = rows.into_iter().map(|row| Holder {
        key: Key::from((row.source_system, row.external_id)),
        account: AccountId(row.id),
        is_seen: call.sees(row.owner_id, row.team_id),
    });
    Ok(holder.collect())
}

/// Refuses an account a key of which another one has.
pub async fn check(
    connection: &mut PgConnection,
    call: &Call,
    account: &Account,
) -> Result<(), Error> {
    let holders = holders(connection, call, account.keys()).await?;
    match holders.iter().find(|holder| holder.account.0 != account.id) {
        Some(other) => Err(other.refusal()),
        None => Ok(()),
    }
}

/// Writes the further keys of accounts; the first ones the database keeps by itself.
pub async fn store(connection: &mut PgConnection, changes: &[Change<'_>]) -> Result<(), Error> {
    let is_changed = |change: &&Change<'_>| match change.before {
        Some(before) => before.further_keys != change.after.further_keys,
        None => !change.after.further_keys.is_empty(),
    };
    let changed: Vec<&Account> = changes.iter().filter(is_changed).map(|c| c.after).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let (mut accounts, mut systems, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for account in &changed {
        for key in &account.further_keys.0 {
            accounts.push(account.id);
            systems.push(key.source_system.clone());
            ids.push(key.external_id.clone());
        }
    }
    let of: Vec<Uuid> = changed.iter().map(|account| account.id).collect();
    remove(connection, &of, (&accounts, &systems, &ids)).await?;
    insert(connection, (&accounts, &systems, &ids)).await
}

type Columns<'a> = (&'a [Uuid], &'a [String], &'a [String]);

/// Removes the keys of these accounts that are neither kept nor the first.
async fn remove(
    connection: &mut PgConnection,
    of: &[Uuid],
    (accounts, systems, ids): Columns<'_>,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.account_key k
         using accounts.account a
         where a.tenant_id = k.tenant_id and a.id = k.account_id and k.account_id = any($1)
           and (k.source_system, k.external_id) is distinct from (a.source_system, a.external_id)
           and (k.account_id, k.source_system, k.external_id)
               not in (select * from unnest($2::uuid[], $3::text[], $4::text[]))",
        of,
        accounts,
        systems,
        ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    (accounts, systems, ids): Columns<'_>,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.account_key (tenant_id, source_system, external_id, account_id)
         select events.tenant_id(), n.source_system, n.external_id, n.account_id
         from unnest($1::uuid[], $2::text[], $3::text[]) as n (account_id, source_system, external_id)
         where not exists (
           select from accounts.account_key k
           where k.source_system = n.source_system and k.external_id = n.external_id
             and k.account_id = n.account_id)",
        accounts,
        systems,
        ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}
