//! Adds a first draft of a target definition.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateTargetDefinitionRequest, CreateTargetDefinitionResponse};

use super::{TargetDefinition, insert};
use crate::Accounts;
use crate::error::Error;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateTargetDefinitionRequest,
) -> Result<CreateTargetDefinitionResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.target_definition.clone().unwrap_or_default();
    let id = service.mutations.clock.id();
    let definition = TargetDefinition::new(id, call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            insert(w, &definition).await?;
            Ok(CreateTargetDefinitionResponse {
                target_definition: Some(definition.record),
            })
        })
        .await
}
