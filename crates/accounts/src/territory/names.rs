//! The accounts that a territory names, and its rows.

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Territory;
use crate::account::seen::Seen;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::{AccountId, TerritoryId};

/// Refuses accounts that the caller does not see, and those that another territory names.
pub async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: Option<&Territory>,
    after: &Territory,
) -> Result<(), Error> {
    let known = before.map(|before| before.named.as_slice());
    let known = known.unwrap_or_default();
    let new: Vec<Uuid> = after
        .named
        .iter()
        .filter(|id| !known.contains(id))
        .copied()
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let seen = Seen::load(connection, call, &new).await?;
    for id in &new {
        seen.check(AccountId(*id))?;
    }
    check_elsewhere(connection, call, &new).await
}

async fn check_elsewhere(
    connection: &mut PgConnection,
    call: &Call,
    new: &[Uuid],
) -> Result<(), Error> {
    let taken = sqlx::query!(
        "select n.account_id, t.id, t.owner_id, t.team_id
         from accounts.territory_named_account n join accounts.territory t on t.id = n.territory_id
         where n.account_id = any($1) order by n.account_id limit 1",
        new,
    )
    .fetch_optional(connection)
    .await?;
    let Some(taken) = taken else { return Ok(()) };
    let is_seen = call.sees(taken.owner_id, Some(taken.team_id));
    let refusal = Refusal::AccountNamedElsewhere {
        account: AccountId(taken.account_id),
        territory: is_seen.then_some(TerritoryId(taken.id)),
    };
    Err(refusal.into())
}

impl Territory {
    /// Names these too: who replaces the names replaces those that they see.
    pub(super) fn keep_named(&mut self, accounts: &[Uuid]) {
        self.named.extend(accounts);
        self.named.sort_unstable();
        self.named.dedup();
    }

    pub(super) async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.territory
               (tenant_id, id, version, created_at, updated_at, display_name, team_id, owner_id, priority, regions,
                industries, capacity, overflow_id, parent_id, source_system, external_id)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            self.id,
            self.version,
            self.created_at as _,
            self.updated_at as _,
            self.display_name,
            self.team_id,
            self.owner_id,
            self.priority,
            &self.regions,
            &self.industries,
            self.capacity,
            self.overflow_id,
            self.parent_id,
            self.source_system,
            self.external_id,
        )
        .execute(&mut *connection)
        .await?;
        self.insert_names(connection).await
    }

    /// Stores the territory as it is now, with its names.
    pub async fn update(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.territory
             set version = $2, updated_at = $3, display_name = $4, team_id = $5, owner_id = $6, priority = $7,
                 regions = $8, industries = $9, capacity = $10, overflow_id = $11, parent_id = $12,
                 source_system = $13, external_id = $14, archived_at = $15
             where id = $1",
            self.id,
            self.version,
            self.updated_at as _,
            self.display_name,
            self.team_id,
            self.owner_id,
            self.priority,
            &self.regions,
            &self.industries,
            self.capacity,
            self.overflow_id,
            self.parent_id,
            self.source_system,
            self.external_id,
            self.archived_at as _,
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "delete from accounts.territory_named_account where territory_id = $1 and account_id <> all($2)",
            self.id,
            &self.named,
        )
        .execute(&mut *connection)
        .await?;
        self.insert_names(connection).await
    }

    async fn insert_names(&self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "insert into accounts.territory_named_account (tenant_id, territory_id, account_id)
             select events.tenant_id(), $1, n.id from unnest($2::uuid[]) as n (id)
             where not exists (select from accounts.territory_named_account k
                               where k.account_id = n.id and k.territory_id = $1)",
            self.id,
            &self.named,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
