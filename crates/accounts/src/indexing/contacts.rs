//! Contacts that the index does not know as they are.

use keynode_kit::call::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{BATCH, VERSION};
use crate::error::Error;
use crate::search::entry::{self, NamedContact};

struct Row {
    id: Uuid,
    account_id: Uuid,
    display_name: String,
}

/// Indexes a batch of them; answers how many.
pub async fn index(connection: &mut PgConnection, tenant: TenantId) -> Result<usize, Error> {
    let rows = lock(connection).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let named: Vec<NamedContact<'_>> = rows.iter().map(Row::named).collect();
    entry::index_named(connection, tenant, &named).await?;
    mark(connection, &rows).await?;
    Ok(rows.len())
}

impl Row {
    fn named(&self) -> NamedContact<'_> {
        NamedContact {
            id: self.id,
            account_id: self.account_id,
            display_name: &self.display_name,
        }
    }
}

/// Those that nobody else is writing or indexing, kept so until the transaction ends.
async fn lock(connection: &mut PgConnection) -> Result<Vec<Row>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, account_id, display_name from accounts.contact
         where (case when indexed_version = version then index_version else 0 end) < $1
         order by (case when indexed_version = version then index_version else 0 end)
         limit $2 for no key update skip locked",
        i32::from(VERSION),
        BATCH,
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn mark(connection: &mut PgConnection, rows: &[Row]) -> Result<(), Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "update accounts.contact set index_version = $1, indexed_version = version
         where tenant_id = events.tenant_id() and id = any($2)",
        VERSION,
        &ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}
