//! Groups of accounts: who stands above whom, without loops.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;

/// One change of the groups at a time: two that are harmless alone may make a loop
/// together. Held until the transaction ends; taken before any row is locked, so that two
/// writers never wait for each other. Imports and keyed creations take it too, so that
/// neither misses a key that the other is about to add.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.account/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The parents of these accounts and of all that stand above them.
pub async fn parents_above(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"with recursive above (id, parent_id) as (
             select id, parent_id from accounts.account where id = any($1)
             union
             select p.id, p.parent_id from accounts.account p join above a on p.id = a.parent_id
           )
           select id as "id!", parent_id as "parent_id!" from above where parent_id is not null"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.parent_id))
        .collect())
}

/// An account and those that stand under it, at most so many.
pub async fn with_all_below(
    connection: &mut PgConnection,
    head: Uuid,
    at_most: i64,
) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        r#"with recursive below (id) as (
             select id from accounts.account where id = $1
             union
             select a.id from accounts.account a join below b on a.parent_id = b.id
           )
           select id as "id!" from below limit $2"#,
        head,
        at_most,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// The loops in a table of parents, each beginning and ending with the same account.
pub fn loops(parents: &HashMap<Uuid, Uuid>) -> Vec<Vec<Uuid>> {
    let mut found = Vec::new();
    let mut settled = HashSet::new();
    for start in parents.keys() {
        let mut way = Vec::new();
        let mut on_way = HashSet::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| !settled.contains(id)) {
            if !on_way.insert(id) {
                let from = way
                    .iter()
                    .position(|earlier| *earlier == id)
                    .unwrap_or_default();
                found.push(way.iter().skip(from).copied().chain([id]).collect());
                break;
            }
            way.push(id);
            next = parents.get(&id).copied();
        }
        settled.extend(way);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(u128, u128)]) -> HashMap<Uuid, Uuid> {
        pairs
            .iter()
            .map(|&(id, parent)| (Uuid::from_u128(id), Uuid::from_u128(parent)))
            .collect()
    }

    #[test]
    fn a_tree_has_no_loop() {
        assert!(loops(&table(&[(1, 2), (3, 2), (2, 4)])).is_empty());
    }

    #[test]
    fn every_loop_is_found_once() {
        let found = loops(&table(&[(1, 2), (2, 3), (3, 1), (9, 1), (5, 5)]));
        let mut sizes: Vec<usize> = found.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [2, 4]);
        assert!(found.iter().all(|l| l.first() == l.last()));
    }
}
