//! Adds a note to an account.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AccountNoteChanged, CreateAccountNoteRequest, CreateAccountNoteResponse,
};
use sqlx::PgConnection;

use super::Note;
use crate::error::Error;
use crate::ids::AccountId;
use crate::{Accounts, account};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateAccountNoteRequest,
) -> Result<CreateAccountNoteResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.account_note.clone().unwrap_or_default();
    let account: AccountId = bad.name("account_note.account", &sent.account);
    let note = Note::new(service.mutations.clock.id(), account, call).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            account::find(w, call, account).await?;
            insert(w, &note).await?;
            let after = Some(note.to_proto());
            let change = AccountNoteChanged {
                before: None,
                after: after.clone(),
            };
            w.record(note.name().to_string(), note.version, &change);
            Ok(CreateAccountNoteResponse {
                account_note: after,
            })
        })
        .await
}

async fn insert(connection: &mut PgConnection, note: &Note) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.account_note
           (tenant_id, id, version, created_at, updated_at, account_id, author, text, pinned)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8)",
        note.id,
        note.version,
        note.created_at as _,
        note.updated_at as _,
        note.account_id,
        note.author,
        note.text,
        note.pinned,
    )
    .execute(connection)
    .await?;
    Ok(())
}
