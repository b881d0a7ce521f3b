//! Moves notes from one account to another, when accounts are merged or taken apart.

use std::collections::HashMap;

use jiff_sqlx::{Timestamp, ToSqlx as _};
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::AccountNoteChanged;
use uuid::Uuid;

use super::Note;
use crate::error::Error;

/// Moves each note to its account; their turns are taken.
pub async fn carry(
    w: &mut Writer<'_>,
    call: &Call,
    moves: &HashMap<Uuid, Uuid>,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = moves.keys().copied().collect();
    let stored = sqlx::query_as!(
        Note,
        "select id, version, created_at, updated_at, account_id, author, text, pinned
         from accounts.account_note where id = any($1) order by id for no key update",
        &ids,
    )
    .fetch_all(&mut **w)
    .await?;
    let moved = stored.into_iter().filter_map(|before| {
        let account_id = *moves.get(&before.id)?;
        let after = Note {
            account_id,
            version: before.version + 1,
            updated_at: call.now.to_sqlx(),
            ..before.clone()
        };
        Some((before, after))
    });
    let moved: Vec<(Note, Note)> = moved.collect();
    store(w, &moved).await?;
    for (before, after) in &moved {
        let change = AccountNoteChanged {
            before: Some(before.to_proto()),
            after: Some(after.to_proto()),
        };
        w.record(after.name().to_string(), after.version, &change);
    }
    Ok(())
}

async fn store(w: &mut Writer<'_>, moved: &[(Note, Note)]) -> Result<(), Error> {
    let after = || moved.iter().map(|(_, after)| after);
    sqlx::query!(
        "update accounts.account_note t
         set version = n.version, updated_at = n.updated_at, account_id = n.account_id
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::uuid[])
           as n (id, version, updated_at, account_id)
         where t.tenant_id = events.tenant_id() and t.id = n.id",
        &after().map(|note| note.id).collect::<Vec<_>>(),
        &after().map(|note| note.version).collect::<Vec<_>>(),
        &after()
            .map(|note| note.updated_at)
            .collect::<Vec<Timestamp>>() as _,
        &after().map(|note| note.account_id).collect::<Vec<_>>(),
    )
    .execute(&mut **w)
    .await?;
    Ok(())
}
