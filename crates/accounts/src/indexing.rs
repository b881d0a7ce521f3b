//! Has every account and contact found, whoever wrote it: what a release left that did not
//! index, or did so in another way, is indexed in the background, a batch per transaction.

mod accounts;
mod contacts;

use std::time::Duration;

use keynode_kit::call::TenantId;
use keynode_kit::db::{Db, Tx};
use keynode_kit::error::Fault;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;

/// How records are indexed. Another number has all of them indexed anew: to be raised with
/// every change of what `matching::profile`, `search::entry` or the classes of customers
/// make of a record.
pub const VERSION: i16 = 1;

/// Records per transaction: short enough not to keep the log's readers waiting.
const BATCH: i64 = 200;
/// Tenants looked at in one step.
const TENANTS: i64 = 16;
/// There is work after an upgrade only: how much rarer than for other work a look is.
const RARELY: u32 = 10;
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Works for ever; to be dropped when the service stops.
pub async fn run(db: &Db, poll: Duration) {
    let idle = poll * RARELY;
    let mut pause = idle;
    loop {
        match step(db).await {
            Ok(true) => {
                pause = idle;
                continue;
            }
            Ok(false) => pause = idle,
            Err(fault) => {
                pause = (pause * 2).min(LONGEST_PAUSE);
                tracing::warn!(%fault, "what is to be indexed cannot be listed; trying again");
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// One batch of each tenant that has something to index; whether there was any to do.
async fn step(db: &Db) -> Result<bool, Fault> {
    let tenants = db
        .transaction_without_tenant(async |tx: &mut Tx| behind(tx).await)
        .await?;
    let mut worked = false;
    for tenant in tenants {
        let done = db
            .transaction(tenant, async |tx: &mut Tx| batch(tx, tenant).await)
            .await;
        match done {
            Ok(done) => worked |= done > 0,
            // The others shall not wait for one that fails.
            Err(fault) => {
                tracing::warn!(%tenant, %fault, "accounts and contacts cannot be indexed; trying again");
            }
        }
    }
    Ok(worked)
}

/// The tenants with records that the index does not know as they are.
async fn behind(connection: &mut PgConnection) -> Result<Vec<TenantId>, Fault> {
    let tenants: Vec<Uuid> = sqlx::query_scalar!(
        r#"select tenant as "tenant!" from accounts.list_unindexed($1, $2) as tenant"#,
        i32::from(VERSION),
        TENANTS,
    )
    .fetch_all(connection)
    .await?;
    Ok(tenants.into_iter().map(TenantId).collect())
}

/// Indexes a batch of accounts and one of contacts; answers how many. None when other
/// replicas are at all of them.
async fn batch(connection: &mut PgConnection, tenant: TenantId) -> Result<usize, Error> {
    let accounts = accounts::index(connection, tenant).await?;
    Ok(accounts + contacts::index(connection, tenant).await?)
}
