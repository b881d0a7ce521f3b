//! Changes the fields of a declaration that the mask names.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AttributeChanged, UpdateAttributeRequest, UpdateAttributeResponse,
};
use sqlx::PgConnection;

use super::id::AttributeId;
use super::read::read_name;
use super::{Attribute, find};
use crate::error::Error;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateAttributeRequest,
) -> Result<UpdateAttributeResponse, Error> {
    let sent = request.attribute.clone().unwrap_or_default();
    let id = read_name("attribute.name", &sent.name)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, &id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                store(w, &after).await?;
                let change = AttributeChanged {
                    before: Some(before.to_proto()),
                    after: Some(after.to_proto()),
                };
                w.record(id.to_string(), after.version, &change);
            }
            Ok(UpdateAttributeResponse {
                attribute: Some(after.to_proto()),
            })
        })
        .await
}

/// Reads one declaration and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, id: &AttributeId) -> Result<Attribute, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.attribute where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, id.clone()).await
}

fn change(
    call: &Call,
    before: &Attribute,
    request: &UpdateAttributeRequest,
) -> Result<Attribute, Error> {
    let mut bad = Violations::default();
    let sent = request.attribute.clone().unwrap_or_default();
    let stored = before.to_proto();
    let wanted = mask::merge(&stored, &sent, request.update_mask.as_ref(), &mut bad);
    for (field, sent, stored) in [
        ("attribute.type", sent.r#type, stored.r#type),
        (
            "attribute.reference_kind",
            sent.reference_kind,
            stored.reference_kind,
        ),
    ] {
        if sent != 0 && sent != stored {
            bad.add(field, "cannot change; declare another attribute");
        }
    }
    let after = Attribute::told(before.id.clone(), Some(before), &wanted, call.now, &mut bad);
    bad.finish()?;
    if after == *before {
        return Ok(after);
    }
    Ok(Attribute {
        version: before.version + 1,
        updated_at: call.now.to_sqlx(),
        ..after
    })
}

async fn store(connection: &mut PgConnection, attribute: &Attribute) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.attribute
         set version = $2, updated_at = $3, display_name_zh = $4, display_name_en = $5, description_zh = $6,
             description_en = $7, options = $8, max_length = $9, archived = $10
         where id = $1",
        attribute.id.0,
        attribute.version,
        attribute.updated_at as _,
        attribute.display_name_zh,
        attribute.display_name_en,
        attribute.description_zh,
        attribute.description_en,
        &attribute.options as _,
        attribute.max_length,
        attribute.archived,
    )
    .execute(connection)
    .await?;
    Ok(())
}
