//! The territories in use as the rule takes them, and how full they are.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::rule::{Atlas, Loads, Territory};
use crate::error::Error;

/// Every territory in use. Whoever is disabled owns nothing new: the team alone gets it.
pub async fn load(connection: &mut PgConnection) -> Result<Atlas, Error> {
    let rows = sqlx::query!(
        r#"select t.id, t.team_id, p.id as "owner_id?", t.priority, t.regions, t.industries, t.capacity,
                  t.overflow_id, t.parent_id
           from accounts.territory t
           left join accounts.person p on p.id = t.owner_id and not p.disabled
           where t.archived_at is null"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let lower = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
    let territories = rows.into_iter().map(|row| {
        let territory = Territory {
            id: row.id,
            team: row.team_id,
            owner: row.owner_id,
            priority: row.priority,
            regions: lower(row.regions),
            industries: lower(row.industries),
            capacity: row.capacity.map(i32::unsigned_abs),
            overflow: row.overflow_id,
            parent: row.parent_id,
        };
        (territory.id, territory)
    });
    Ok(Atlas {
        territories: territories.collect(),
        named: names(connection).await?,
    })
}

async fn names(connection: &mut PgConnection) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows =
        sqlx::query!("select account_id, territory_id from accounts.territory_named_account")
            .fetch_all(connection)
            .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, row.territory_id))
        .collect())
}

/// How many accounts each territory has.
pub async fn loads(connection: &mut PgConnection) -> Result<Loads, Error> {
    let rows = sqlx::query!(
        r#"select territory_id, count(*) as "count!" from accounts.territory_account group by territory_id"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                row.territory_id,
                u32::try_from(row.count).unwrap_or(u32::MAX),
            )
        })
        .collect())
}

/// The territory that each of these accounts was last given to.
pub async fn current(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        "select account_id, territory_id from accounts.territory_account where account_id = any($1)",
        accounts,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, row.territory_id))
        .collect())
}
