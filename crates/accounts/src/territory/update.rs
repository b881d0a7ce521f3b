//! Changes the fields of a territory that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{UpdateTerritoryRequest, UpdateTerritoryResponse};

use super::sight::{self, Sight};
use super::{Territory, lock, record, tree};
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::TerritoryId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateTerritoryRequest,
) -> Result<UpdateTerritoryResponse, Error> {
    let sent = request.territory.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: TerritoryId = bad.name("territory.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let before = lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            if before.archived_at.is_some() {
                return Err(Refusal::TerritoryArchived(id).into());
            }
            let sight = Sight::of(w, call, [&before]).await?;
            let after = change(call, &before, &request, &sight)?;
            if after != before {
                after.check(w, call, Some(&before)).await?;
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(UpdateTerritoryResponse {
                territory: Some(sight::shown(w, call, &after).await?),
            })
        })
        .await
}

fn change(
    call: &Call,
    before: &Territory,
    request: &UpdateTerritoryRequest,
    sight: &Sight,
) -> Result<Territory, Error> {
    let mut bad = Violations::default();
    let sent = request.territory.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.to_proto(),
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let mut after = before.told(&wanted, &mut bad);
    bad.finish()?;
    after.keep_named(&sight.hidden_of(before));
    Ok(after.changed(before, call.now))
}
