//! Changes the fields of a contact that the mask names.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ContactChanged, UpdateContactRequest, UpdateContactResponse};
use sqlx::PgConnection;

use super::{Contact, find};
use crate::error::Error;
use crate::ids::ContactId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateContactRequest,
) -> Result<UpdateContactResponse, Error> {
    let sent = request.contact.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: ContactId = bad.name("contact.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                store(w, &after).await?;
                let change = ContactChanged {
                    before: Some(before.to_proto()),
                    after: Some(after.to_proto()),
                };
                w.record(id.to_string(), after.version, &change);
            }
            Ok(UpdateContactResponse {
                contact: Some(after.to_proto()),
            })
        })
        .await
}

/// Reads one contact and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, call: &Call, id: ContactId) -> Result<Contact, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.contact where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, call, id).await
}

fn change(call: &Call, before: &Contact, request: &UpdateContactRequest) -> Result<Contact, Error> {
    let mut bad = Violations::default();
    let sent = request.contact.clone().unwrap_or_default();
    let stored = before.to_proto();
    if !sent.account.is_empty() && sent.account != stored.account {
        bad.add(
            "contact.account",
            "cannot change; add the person to the other account instead",
        );
    }
    let wanted = mask::merge(&stored, &sent, request.update_mask.as_ref(), &mut bad);
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    if after == *before {
        return Ok(after);
    }
    Ok(Contact {
        version: before.version + 1,
        updated_at: call.now.to_sqlx(),
        ..after
    })
}

async fn store(connection: &mut PgConnection, contact: &Contact) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.contact
         set version = $2, updated_at = $3, display_name = $4, title = $5, department = $6, function = $7
         where id = $1",
        contact.id,
        contact.version,
        contact.updated_at as _,
        contact.display_name,
        contact.title,
        contact.department,
        contact.function,
    )
    .execute(connection)
    .await?;
    Ok(())
}
