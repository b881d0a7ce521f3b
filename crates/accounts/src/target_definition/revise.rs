//! Copies a version as a draft of the next.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    ReviseTargetDefinitionRequest, ReviseTargetDefinitionResponse, TargetDefinitionState,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{TargetDefinition, find, insert};
use crate::Accounts;
use crate::error::Error;
use crate::ids::TargetDefinitionId;
use crate::prospect::refusal::Refusal;

pub async fn revise(
    service: &Accounts,
    call: &Call,
    request: ReviseTargetDefinitionRequest,
) -> Result<ReviseTargetDefinitionResponse, Error> {
    let mut bad = Violations::default();
    let id: TargetDefinitionId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let original = find(w, id).await?;
            check(&original)?;
            let number = next_number(w, original.root_id).await?;
            let draft = original.revision(w.id(), number, call.now);
            insert(w, &draft).await?;
            Ok(ReviseTargetDefinitionResponse {
                target_definition: Some(draft.record),
            })
        })
        .await
}

/// A draft is changed, not copied.
fn check(original: &TargetDefinition) -> Result<(), Refusal> {
    match original.record.state() {
        state @ TargetDefinitionState::Draft => Err(Refusal::DefinitionNotPublished {
            definition: original.name(),
            state,
        }),
        _ => Ok(()),
    }
}

/// The number after the highest; held by this transaction until it ends.
async fn next_number(connection: &mut PgConnection, root: Uuid) -> Result<i32, Error> {
    log::take_turn(connection, &[TargetDefinitionId(root).to_string()]).await?;
    let highest = sqlx::query_scalar!(
        r#"select max(revision) as "revision!" from accounts.target_definition where root_id = $1"#,
        root
    );
    Ok(highest.fetch_one(connection).await? + 1)
}
