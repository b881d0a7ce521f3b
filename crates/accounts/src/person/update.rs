//! Changes the fields of a person that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, UpdatePersonRequest, UpdatePersonResponse};

use super::{Person, lock, manager, record};
use crate::error::Error;
use crate::ids::PersonId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdatePersonRequest,
) -> Result<UpdatePersonResponse, Error> {
    let sent = request.person.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: PersonId = bad.name("person.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if !sent.manager.is_empty() {
                manager::lock_lines(w).await?;
            }
            let before = lock(w, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &sent, &request)?;
            if after != before {
                after.check_references(w).await?;
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(UpdatePersonResponse {
                person: Some(after.to_proto()),
            })
        })
        .await
}

fn change(
    call: &Call,
    before: &Person,
    sent: &proto::Person,
    request: &UpdatePersonRequest,
) -> Result<Person, Error> {
    let mut bad = Violations::default();
    let wanted = mask::merge(
        &before.to_proto(),
        sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, &mut bad);
    after.check_credential(Some(before), call, &mut bad);
    bad.finish()?;
    after.check_promotion(Some(before), call)?;
    Ok(after.changed(before, call.now))
}
