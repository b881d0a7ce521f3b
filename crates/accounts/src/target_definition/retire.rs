//! Takes a definition out of force.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    RetireTargetDefinitionRequest, RetireTargetDefinitionResponse, TargetDefinitionState,
};

use super::{lock, store};
use crate::Accounts;
use crate::error::Error;
use crate::ids::TargetDefinitionId;

pub async fn retire(
    service: &Accounts,
    call: &Call,
    request: RetireTargetDefinitionRequest,
) -> Result<RetireTargetDefinitionResponse, Error> {
    let mut bad = Violations::default();
    let id: TargetDefinitionId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id, &request.etag).await?;
            before.check_published()?;
            let mut after = before.clone();
            after.record.set_state(TargetDefinitionState::Retired);
            let after = store(w, call, &before, after).await?;
            Ok(RetireTargetDefinitionResponse {
                target_definition: Some(after.record),
            })
        })
        .await
}
