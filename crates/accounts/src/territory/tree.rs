//! The ways from a territory to others: up to its parents, on to its overflows.

use std::collections::HashMap;

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Territory, sight};
use crate::account::tree::loops;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::TerritoryId;

/// One change of the territories, or of what they have, at a time: two that are harmless
/// alone may close a loop, or fill a territory twice. Held until the transaction ends; taken
/// before any turn.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.territory/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses a parent or an overflow that is not there, not seen, archived, or closes a loop.
pub async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: Option<&Territory>,
    after: &Territory,
) -> Result<(), Error> {
    let was = |id: fn(&Territory) -> Option<Uuid>| before.and_then(id);
    let ways: [fn(&Territory) -> Option<Uuid>; 2] = [|t| t.parent_id, |t| t.overflow_id];
    for way in ways {
        let target = way(after).filter(|id| was(way) != Some(*id));
        let Some(target) = target else { continue };
        let target = super::find(connection, call, TerritoryId(target)).await?;
        if target.archived_at.is_some() {
            return Err(Refusal::TerritoryArchived(target.name()).into());
        }
    }
    let mut links = links(connection).await?;
    for (map, target) in [
        (&mut links.parents, after.parent_id),
        (&mut links.overflows, after.overflow_id),
    ] {
        match target {
            Some(target) => map.insert(after.id, target),
            None => map.remove(&after.id),
        };
        if let Some(way) = loops(map).pop() {
            let seen = sight::seen(connection, call, &way).await?;
            let is_seen =
                |id: &Uuid| *id == after.id || seen.as_ref().is_none_or(|seen| seen.contains(id));
            let told = |id: Uuid| is_seen(&id).then_some(TerritoryId(id));
            return Err(Refusal::TerritoryCycle(way.into_iter().map(told).collect()).into());
        }
    }
    Ok(())
}

#[derive(Default)]
struct Links {
    parents: HashMap<Uuid, Uuid>,
    overflows: HashMap<Uuid, Uuid>,
}

async fn links(connection: &mut PgConnection) -> Result<Links, Error> {
    let rows = sqlx::query!(
        "select id, parent_id, overflow_id from accounts.territory
         where parent_id is not null or overflow_id is not null"
    )
    .fetch_all(connection)
    .await?;
    let mut links = Links::default();
    for row in rows {
        links.parents.extend(row.parent_id.map(|to| (row.id, to)));
        links
            .overflows
            .extend(row.overflow_id.map(|to| (row.id, to)));
    }
    Ok(links)
}
