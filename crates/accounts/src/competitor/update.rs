//! Changes the fields of a competitor that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{UpdateCompetitorRequest, UpdateCompetitorResponse};
use prost_types::FieldMask;

use super::{Competitor, lock, store};
use crate::error::Error;
use crate::ids::CompetitorId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateCompetitorRequest,
) -> Result<UpdateCompetitorResponse, Error> {
    let sent = request.competitor.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: CompetitorId = bad.name("competitor.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let told = change(call, &before, &sent, request.update_mask.as_ref())?;
            let after = told.changed(&before, call.now);
            if after != before {
                store(w, &before, &after).await?;
            }
            Ok(UpdateCompetitorResponse {
                competitor: Some(after.to_proto()),
            })
        })
        .await
}

/// The competitor with the masked fields of what was sent.
pub(super) fn change(
    call: &Call,
    before: &Competitor,
    sent: &proto::Competitor,
    mask: Option<&FieldMask>,
) -> Result<Competitor, Error> {
    let mut bad = Violations::default();
    let wanted = mask::merge(&before.to_proto(), sent, mask, &mut bad);
    let after = before.told(&wanted, call.today(), &mut bad);
    bad.finish()?;
    Ok(after)
}
