//! Changes the fields of a contact that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, UpdateContactRequest, UpdateContactResponse};

use super::create::check_references;
use super::reader::Reader;
use super::save::{self, Change};
use super::{Contact, employer, lines, rows};
use crate::error::Error;
use crate::ids::ContactId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateContactRequest,
) -> Result<UpdateContactResponse, Error> {
    let sent = request.contact.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: ContactId = bad.name("contact.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if may_meet_others(&request, &sent) {
                lines::lock(w).await?;
            }
            let before = rows::lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let reader = Reader::of(w, call, [&before]).await?;
            let after = change(call, &before, &request, &reader)?;
            if after != before {
                check_references(w, call, Some(&before), &after).await?;
            }
            let answer = after.shown(&reader);
            let change = Change {
                before: Some(before),
                after,
            };
            save::save(w, call, &[&change]).await?;
            Ok(UpdateContactResponse {
                contact: Some(answer),
            })
        })
        .await
}

/// Whether the change is of what only one writer at a time may change.
fn may_meet_others(request: &UpdateContactRequest, sent: &proto::Contact) -> bool {
    let mask = request.update_mask.as_ref();
    let named = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    let is_named = |path: &str| named.is_empty() || named.iter().any(|one| one == path);
    (is_named("manager") && !sent.manager.is_empty())
        || (is_named("external_key") && sent.external_key.is_some())
}

fn change(
    call: &Call,
    before: &Contact,
    request: &UpdateContactRequest,
    reader: &Reader,
) -> Result<Contact, Error> {
    let mut bad = Violations::default();
    let mut sent = request.contact.clone().unwrap_or_default();
    let employers = &before.former_employers;
    sent.former_employers = employer::restored(employers, &reader.hidden, sent.former_employers);
    let stored = before.to_proto();
    if !sent.account.is_empty() && sent.account != stored.account {
        bad.add(
            "contact.account",
            "cannot change; MoveContact tells that the person changed employer",
        );
    }
    let wanted = mask::merge(&stored, &sent, request.update_mask.as_ref(), &mut bad);
    let after = before.told(&wanted, call.today(), &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}
