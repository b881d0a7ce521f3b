//! Takes a note away.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AccountNoteChanged, DeleteAccountNoteRequest, DeleteAccountNoteResponse,
};

use super::lock;
use crate::Accounts;
use crate::error::Error;
use crate::ids::NoteId;

pub async fn delete(
    service: &Accounts,
    call: &Call,
    request: DeleteAccountNoteRequest,
) -> Result<DeleteAccountNoteResponse, Error> {
    let mut bad = Violations::default();
    let id: NoteId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            sqlx::query!("delete from accounts.account_note where id = $1", id.0)
                .execute(&mut **w)
                .await?;
            let change = AccountNoteChanged {
                before: Some(before.to_proto()),
                after: None,
            };
            w.record(id.to_string(), before.version + 1, &change);
            Ok(DeleteAccountNoteResponse {})
        })
        .await
}
