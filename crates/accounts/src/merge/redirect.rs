//! Where the names of merged accounts lead. There are no chains: one step is the whole way.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::AccountId;

/// Those of these accounts that were merged, with the account that each went into.
pub async fn of(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"select id, merged_into_id as "survivor!" from accounts.account
           where id = any($1) and merged_into_id is not null"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.survivor)).collect())
}

/// The accounts that were merged into these, with the one that each went into.
pub async fn to(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"select id, merged_into_id as "survivor!" from accounts.account
           where merged_into_id = any($1) and merged_into_id is not null"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.survivor)).collect())
}

/// The account that a name leads to.
pub async fn current(
    connection: &mut PgConnection,
    named: Option<AccountId>,
) -> Result<Option<AccountId>, Error> {
    let Some(named) = named else { return Ok(None) };
    let merged = of(connection, &[named.0]).await?;
    Ok(Some(
        merged.get(&named.0).map_or(named, |id| AccountId(*id)),
    ))
}
