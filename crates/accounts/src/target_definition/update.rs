//! Changes the fields of a draft that the mask names.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{UpdateTargetDefinitionRequest, UpdateTargetDefinitionResponse};

use super::{TargetDefinition, lock, store};
use crate::error::Error;
use crate::ids::TargetDefinitionId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateTargetDefinitionRequest,
) -> Result<UpdateTargetDefinitionResponse, Error> {
    let sent = request.target_definition.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: TargetDefinitionId = bad.name("target_definition.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id, &sent.etag).await?;
            before.check_draft()?;
            let mut after = change(&before, &request)?;
            if after != before {
                after = store(w, call, &before, after).await?;
            }
            Ok(UpdateTargetDefinitionResponse {
                target_definition: Some(after.record),
            })
        })
        .await
}

fn change(
    before: &TargetDefinition,
    request: &UpdateTargetDefinitionRequest,
) -> Result<TargetDefinition, Error> {
    let mut bad = Violations::default();
    let sent = request.target_definition.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.record,
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(after)
}
