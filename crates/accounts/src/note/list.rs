//! Lists the notes of an account.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListAccountNotesRequest, ListAccountNotesResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Note;
use crate::error::Error;
use crate::ids::AccountId;
use crate::{Accounts, account};

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListAccountNotesRequest,
) -> Result<ListAccountNotesResponse, Error> {
    let mut bad = Violations::default();
    let account: AccountId = bad.name("account", &request.account);
    bad.page_size(request.page_size);
    bad.finish()?;
    let pinned_only = request.pinned_only.to_string();
    let arguments = ["ListAccountNotes", &request.account, &pinned_only];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            let account = account::follow(tx, call, account).await?.name();
            select(tx, &page, account, request.pinned_only).await
        })
        .await?;
    let (notes, next_page_token) = page.close(found, |note| note.id);
    Ok(ListAccountNotesResponse {
        account_notes: notes.iter().map(Note::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    account: AccountId,
    pinned_only: bool,
) -> Result<Vec<Note>, Error> {
    let rows = sqlx::query_as!(
        Note,
        "select id, version, created_at, updated_at, account_id, author, text, pinned
         from accounts.account_note
         where account_id = $1 and id > $2 and (pinned or not $3)
         order by id limit $4",
        account.0,
        page.after.unwrap_or(Uuid::nil()),
        pinned_only,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
