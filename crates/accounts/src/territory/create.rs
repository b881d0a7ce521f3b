//! Adds a territory.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateTerritoryRequest, CreateTerritoryResponse};

use super::{Territory, record, sight, tree};
use crate::Accounts;
use crate::error::Error;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateTerritoryRequest,
) -> Result<CreateTerritoryResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.territory.clone().unwrap_or_default();
    let territory = Territory::new(service.mutations.clock.id(), call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            territory.check(w, call, None).await?;
            territory.insert(w).await?;
            record(w, None, &territory);
            Ok(CreateTerritoryResponse {
                territory: Some(sight::shown(w, call, &territory).await?),
            })
        })
        .await
}
