//! `UpdateAttribute`: changes the fields of a declaration that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    AttributeChanged, UpdateAttributeRequest, UpdateAttributeResponse,
};

use super::row::{self, Attribute};
use super::{name, read_name, told};
use crate::error::Error;
use crate::{Pipeline, mask};

const ALLOWED: &[&str] = &[
    "display_name",
    "description",
    "options",
    "max_length",
    "archived",
];

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: UpdateAttributeRequest,
) -> Result<UpdateAttributeResponse, Error> {
    let sent = request.attribute.clone().unwrap_or_default();
    let id = read_name("attribute.name", &sent.name)?;
    let work = async |w: &mut Writer<'_>| {
        let before = row::lock(w, &id).await?;
        etag::check(&sent.name, &sent.etag, before.version)?;
        let after = change(call, &before, &request)?;
        if after != before {
            row::store(w, &after).await?;
            let change = AttributeChanged {
                before: Some(before.to_proto()),
                after: Some(after.to_proto()),
            };
            w.record(name(&id), after.version, &change);
        }
        Ok(UpdateAttributeResponse {
            attribute: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn change(
    call: &Call,
    before: &Attribute,
    request: &UpdateAttributeRequest,
) -> Result<Attribute, Error> {
    let sent = request.attribute.clone().unwrap_or_default();
    let stored = &before.declaration;
    let wanted = mask::apply(stored, &sent, request.update_mask.as_ref(), ALLOWED)?;
    let mut bad = Violations::default();
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
    let declaration = told(&mut bad, &wanted, Some(stored));
    bad.finish()?;
    if declaration == *stored {
        return Ok(before.clone());
    }
    Ok(Attribute {
        version: before.version + 1,
        updated: call.now,
        declaration,
        ..before.clone()
    })
}
