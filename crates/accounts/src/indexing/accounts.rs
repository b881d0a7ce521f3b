//! Accounts that the index does not know as they are.

use keynode_kit::call::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{BATCH, VERSION};
use crate::account::Account;
use crate::account::rows::select_accounts;
use crate::error::Error;
use crate::matching::{self, Indexed};

/// Indexes a batch of them; answers how many.
pub async fn index(connection: &mut PgConnection, tenant: TenantId) -> Result<usize, Error> {
    let ids = lock(connection).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let accounts = select_accounts!(["where a.id = any($1)"], &ids)
        .fetch_all(&mut *connection)
        .await?;
    // One that was merged is found no longer.
    let found = accounts
        .iter()
        .filter(|account| account.merged_into_id.is_none());
    let indexed: Vec<Indexed> = found.map(Indexed::of).collect();
    matching::index(connection, tenant, &indexed).await?;
    mark(connection, &accounts).await?;
    Ok(accounts.len())
}

/// Those that nobody else is writing or indexing, kept so until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "select id from accounts.account
         where (case when indexed_version = version then index_version else 0 end) < $1
         order by (case when indexed_version = version then index_version else 0 end)
         limit $2 for no key update skip locked",
        i32::from(VERSION),
        BATCH,
    );
    Ok(ids.fetch_all(connection).await?)
}

async fn mark(connection: &mut PgConnection, accounts: &[Account]) -> Result<(), Error> {
    let (ids, winter_jasmines): (Vec<Uuid>, Vec<i16>) = accounts
        .iter()
        .map(|account| (account.id, account.profile.winter_jasmine()))
        .unzip();
    sqlx::query!(
        "update accounts.account a
         set index_version = $1, indexed_version = a.version, winter_jasmine = n.winter_jasmine
         from unnest($2::uuid[], $3::smallint[]) as n (id, winter_jasmine)
         where a.tenant_id = events.tenant_id() and a.id = n.id",
        VERSION,
        &ids,
        &winter_jasmines,
    )
    .execute(connection)
    .await?;
    Ok(())
}
