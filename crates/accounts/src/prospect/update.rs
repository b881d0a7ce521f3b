//! Changes the fields of a prospect that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{UpdateProspectRequest, UpdateProspectResponse};
use sqlx::PgConnection;

use super::{Prospect, belonging, record, row};
use crate::account::assignment;
use crate::error::Error;
use crate::ids::ProspectId;
use crate::{Accounts, mask, target_definition};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateProspectRequest,
) -> Result<UpdateProspectResponse, Error> {
    let sent = request.prospect.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: ProspectId = bad.name("prospect.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if sent.external_key.is_some() {
                row::lock_keys(w).await?;
            }
            let before = row::lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                before.check_open()?;
                check(w, call, &before, &after).await?;
                row::update(w, [&after]).await?;
                record(w, Some(&before), &after);
            }
            Ok(UpdateProspectResponse {
                prospect: Some(after.record),
            })
        })
        .await
}

fn change(
    call: &Call,
    before: &Prospect,
    request: &UpdateProspectRequest,
) -> Result<Prospect, Error> {
    let mut bad = Violations::default();
    let sent = request.prospect.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.record,
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, call.today(), &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}

/// Refuses references that the caller may not make; those that stay are left alone.
async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: &Prospect,
    after: &Prospect,
) -> Result<(), Error> {
    let owners_team = assignment::require(connection, &belonging::holder(after)).await?;
    if let Some(definition) = after.definition() {
        target_definition::find(connection, definition).await?;
    }
    let mut bad = Violations::default();
    belonging::check(call, Some(before), after, owners_team, &mut bad);
    bad.finish()?;
    row::check_key(connection, call, after).await
}
