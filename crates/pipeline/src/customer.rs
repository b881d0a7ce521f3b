//! The accounts that deals name: there, seen by whoever names them, and by the names that
//! they have since they were merged.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::AccountId;
use crate::peers::Peers;

/// What the accounts service says of the accounts that a call names.
#[derive(Debug, Default)]
pub struct Customers {
    /// Each name that is good, with the account it leads to.
    led: HashMap<Uuid, Uuid>,
}

impl Customers {
    /// Asks once for all; for none, nobody is asked.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer, `PERMISSION_DENIED` when the caller may
    /// read no accounts.
    pub async fn ask(
        peers: &Peers,
        call: &Call,
        named: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, Error> {
        let named: HashSet<Uuid> = named.into_iter().collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let names = named.iter().map(|id| AccountId(*id).to_string()).collect();
        let answer = peers.accounts(call, names).await?;
        let missing: HashSet<&String> = answer.missing.iter().collect();
        let lead = |id: Uuid| {
            let name = AccountId(id).to_string();
            let current = match answer.merged.get(&name) {
                Some(survivor) => survivor.parse::<AccountId>().ok()?.0,
                None => id,
            };
            (!missing.contains(&name)).then_some((id, current))
        };
        Ok(Self {
            led: named.into_iter().filter_map(lead).collect(),
        })
    }

    /// The same if it is what this service knows of merges, too. Needs [`hold`].
    ///
    /// # Errors
    /// `CONFLICT` when an account was merged after accounts was asked, or taken apart and this
    /// service has not heard of it yet: nobody could say which of them is meant.
    pub async fn current(self, connection: &mut PgConnection) -> Result<Self, Error> {
        let ids: Vec<Uuid> = self.led.values().copied().collect();
        let merged = merged(connection, &ids).await?;
        match self.led.values().find(|id| merged.contains_key(*id)) {
            Some(id) => Err(Error::Conflict(AccountId(*id).to_string())),
            None => Ok(self),
        }
    }

    /// The account that a name leads to.
    ///
    /// # Errors
    /// `ACCOUNT_NOT_FOUND` when there is none or the caller does not see it.
    pub fn find(&self, named: Uuid) -> Result<Uuid, Error> {
        let found = self.led.get(&named).copied();
        found.ok_or(Error::AccountNotFound(AccountId(named)))
    }
}

/// Keeps merges from being followed until the transaction ends, so that none misses a deal
/// that is about to name an account. Taken before any turn.
///
/// # Errors
/// When the database does not answer, or the wait took too long.
pub async fn hold(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('pipeline.customers/' || events.tenant_id()::text, 0))"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Keeps deals from naming accounts until the transaction ends. Taken before any turn.
///
/// # Errors
/// When the database does not answer, or the wait took too long.
pub async fn hold_alone(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('pipeline.customers/' || events.tenant_id()::text, 0))"
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Where the names of those of these accounts lead that were merged.
///
/// # Errors
/// When the database does not answer.
pub async fn merged(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with recursive led as (
             select account_id as named, survivor_id, 1 as step
             from pipeline.merged_account where account_id = any($1)
             union all
             select l.named, m.survivor_id, l.step + 1
             from led l join pipeline.merged_account m
               on m.tenant_id = events.tenant_id() and m.account_id = l.survivor_id
             where l.step < 1000)
           select distinct on (named) named as "named!", survivor_id as "survivor_id!"
           from led order by named, step desc"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.named, row.survivor_id))
        .collect())
}
