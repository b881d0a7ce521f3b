//! Gives a prospect up.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    DismissProspectRequest, DismissProspectResponse, Dismissal, ProspectState,
};

use super::{record, row};
use crate::Accounts;
use crate::error::Error;
use crate::ids::ProspectId;

pub async fn dismiss(
    service: &Accounts,
    call: &Call,
    request: DismissProspectRequest,
) -> Result<DismissProspectResponse, Error> {
    let mut bad = Violations::default();
    let id: ProspectId = bad.name("name", &request.name);
    let reason = bad.required_text("reason", &request.reason, 2000);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = row::lock_open(w, call, id, &request.etag).await?;
            let mut after = before.clone();
            after.record.set_state(ProspectState::Dismissed);
            after.record.dismissal = Some(Dismissal {
                reason,
                actor: call.principal.subject.clone(),
                dismiss_time: Some(wire::timestamp(call.now)),
            });
            let after = after.touched(call.now);
            row::update(w, [&after]).await?;
            record(w, Some(&before), &after);
            Ok(DismissProspectResponse {
                prospect: Some(after.record),
            })
        })
        .await
}
