//! Puts a draft in force.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    PublishTargetDefinitionRequest, PublishTargetDefinitionResponse, TargetDefinitionState,
};

use super::{complete, lock, store};
use crate::Accounts;
use crate::error::Error;
use crate::ids::TargetDefinitionId;
use crate::prospect::refusal::Refusal;

pub async fn publish(
    service: &Accounts,
    call: &Call,
    request: PublishTargetDefinitionRequest,
) -> Result<PublishTargetDefinitionResponse, Error> {
    let mut bad = Violations::default();
    let id: TargetDefinitionId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id, &request.etag).await?;
            before.check_draft()?;
            let missing = complete::missing(&before.record);
            if !missing.is_empty() {
                return Err(Refusal::DefinitionIncomplete {
                    definition: id,
                    missing,
                }
                .into());
            }
            let mut after = before.clone();
            after.record.set_state(TargetDefinitionState::Published);
            let after = store(w, call, &before, after).await?;
            Ok(PublishTargetDefinitionResponse {
                target_definition: Some(after.record),
            })
        })
        .await
}
