//! Changes the fields of a note that the mask names.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AccountNoteChanged, UpdateAccountNoteRequest, UpdateAccountNoteResponse,
};
use sqlx::PgConnection;

use super::{Note, lock};
use crate::error::Error;
use crate::ids::NoteId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateAccountNoteRequest,
) -> Result<UpdateAccountNoteResponse, Error> {
    let sent = request.account_note.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: NoteId = bad.name("account_note.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                store(w, &after).await?;
                let change = AccountNoteChanged {
                    before: Some(before.to_proto()),
                    after: Some(after.to_proto()),
                };
                w.record(id.to_string(), after.version, &change);
            }
            Ok(UpdateAccountNoteResponse {
                account_note: Some(after.to_proto()),
            })
        })
        .await
}

fn change(call: &Call, before: &Note, request: &UpdateAccountNoteRequest) -> Result<Note, Error> {
    let mut bad = Violations::default();
    let sent = request.account_note.clone().unwrap_or_default();
    let stored = before.to_proto();
    if !sent.account.is_empty() && sent.account != stored.account {
        bad.add(
            "account_note.account",
            "cannot change; add the note to the other account instead",
        );
    }
    let wanted = mask::merge(&stored, &sent, request.update_mask.as_ref(), &mut bad);
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    if after == *before {
        return Ok(after);
    }
    Ok(Note {
        version: before.version + 1,
        updated_at: call.now.to_sqlx(),
        ..after
    })
}

async fn store(connection: &mut PgConnection, note: &Note) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.account_note set version = $2, updated_at = $3, text = $4, pinned = $5
         where id = $1",
        note.id,
        note.version,
        note.updated_at as _,
        note.text,
        note.pinned,
    )
    .execute(connection)
    .await?;
    Ok(())
}
