//! The names by which deals mention a competitor: each is one competitor's only.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::Competitor;
use crate::error::Error;
use crate::folded::folded;
use crate::ids::CompetitorId;
use crate::segment::refusal::Refusal;

/// Gives a competitor its names and takes those away that it no longer has.
pub async fn claim(connection: &mut PgConnection, competitor: &Competitor) -> Result<(), Error> {
    let names = keys(competitor);
    let keys: Vec<String> = names.keys().cloned().collect();
    check(connection, competitor, &names, &keys).await?;
    sqlx::query!(
        "delete from accounts.competitor_name where competitor_id = $1 and name_key <> all($2)",
        competitor.id,
        &keys,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into accounts.competitor_name (tenant_id, name_key, competitor_id)
         select events.tenant_id(), k, $1 from unnest($2::text[]) as k
         on conflict (tenant_id, name_key) do nothing",
        competitor.id,
        &keys,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Folded names with one of their spellings.
fn keys(competitor: &Competitor) -> BTreeMap<String, String> {
    std::iter::once(&competitor.display_name)
        .chain(&competitor.aliases)
        .map(|name| (folded(name), name.clone()))
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

async fn check(
    connection: &mut PgConnection,
    competitor: &Competitor,
    names: &BTreeMap<String, String>,
    keys: &[String],
) -> Result<(), Error> {
    let taken = sqlx::query!(
        "select name_key, competitor_id from accounts.competitor_name
         where name_key = any($1) and competitor_id <> $2 order by name_key limit 1",
        keys,
        competitor.id,
    )
    .fetch_optional(connection)
    .await?;
    let Some(taken) = taken else { return Ok(()) };
    let name = names.get(&taken.name_key).cloned();
    Err(Refusal::CompetitorNameTaken {
        name: name.unwrap_or(taken.name_key),
        holder: CompetitorId(taken.competitor_id),
    }
    .into())
}
