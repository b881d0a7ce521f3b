//! Declares an attribute.

use keynode_kit::call::Call;
use keynode_kit::db;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AttributeChanged, CreateAttributeRequest, CreateAttributeResponse,
};
use sqlx::PgConnection;

use super::id::{AttributeId, SLUG, is_slug};
use super::refusal::Refusal;
use super::{Attribute, all};
use crate::Accounts;
use crate::error::Error;

const MAX_ATTRIBUTES: usize = 200;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateAttributeRequest,
) -> Result<CreateAttributeResponse, Error> {
    let mut bad = Violations::default();
    if !is_slug(&request.attribute_id) {
        bad.add("attribute_id", SLUG);
    }
    let id = AttributeId(request.attribute_id.clone());
    let sent = request.attribute.clone().unwrap_or_default();
    let attribute = Attribute::told(id, None, &sent, call.now, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            check_place(w, &attribute.id).await?;
            insert(w, &attribute).await?;
            let after = Some(attribute.to_proto());
            let change = AttributeChanged {
                before: None,
                after: after.clone(),
            };
            w.record(attribute.id.to_string(), attribute.version, &change);
            Ok(CreateAttributeResponse { attribute: after })
        })
        .await
}

/// Refuses an id that is taken, and one attribute too many.
async fn check_place(connection: &mut PgConnection, id: &AttributeId) -> Result<(), Error> {
    let declared = all(connection).await?;
    if declared.iter().any(|known| known.id == *id) {
        return Err(Refusal::Exists(id.clone()).into());
    }
    match declared.len() < MAX_ATTRIBUTES {
        true => Ok(()),
        false => Err(Refusal::LimitReached(MAX_ATTRIBUTES).into()),
    }
}

async fn insert(connection: &mut PgConnection, attribute: &Attribute) -> Result<(), Error> {
    let inserted = sqlx::query!(
        "insert into accounts.attribute
           (tenant_id, id, version, created_at, updated_at, display_name_zh, display_name_en, description_zh,
            description_en, type, reference_kind, options, max_length, archived)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        attribute.id.0,
        attribute.version,
        attribute.created_at as _,
        attribute.updated_at as _,
        attribute.display_name_zh,
        attribute.display_name_en,
        attribute.description_zh,
        attribute.description_en,
        attribute.r#type,
        attribute.reference_kind,
        &attribute.options as _,
        attribute.max_length,
        attribute.archived,
    )
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if db::constraint(&error) == Some("attribute_pkey") => {
            Err(Refusal::Exists(attribute.id.clone()).into())
        }
        Err(error) => Err(error.into()),
    }
}
