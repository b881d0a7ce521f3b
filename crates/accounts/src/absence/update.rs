//! Changes the fields of an absence that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{UpdateAbsenceRequest, UpdateAbsenceResponse};

use super::{Absence, check_reach, lock, record};
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::AbsenceId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateAbsenceRequest,
) -> Result<UpdateAbsenceResponse, Error> {
    let sent = request.absence.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: AbsenceId = bad.name("absence.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id).await?;
            check_reach(w, call, before.person_id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            if before.revoked_at.is_some() {
                return Err(Refusal::AbsenceRevoked(id).into());
            }
            let after = change(call, &before, &request)?;
            if after != before {
                after.check(w).await?;
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(UpdateAbsenceResponse {
                absence: Some(after.to_proto()),
            })
        })
        .await
}

fn change(call: &Call, before: &Absence, request: &UpdateAbsenceRequest) -> Result<Absence, Error> {
    let mut bad = Violations::default();
    let sent = request.absence.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.to_proto(),
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}
