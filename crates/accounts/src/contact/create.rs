//! Adds a contact to an account.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateContactRequest, CreateContactResponse};
use sqlx::PgConnection;

use super::reader::Reader;
use super::save::{self, Change};
use super::{Contact, employer, lines, rows};
use crate::account::seen::Seen;
use crate::error::Error;
use crate::ids::AccountId;
use crate::{Accounts, account};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateContactRequest,
) -> Result<CreateContactResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.contact.clone().unwrap_or_default();
    let account: AccountId = bad.name("contact.account", &sent.account);
    let contact = Contact::new(service.mutations.clock.id(), account, call.now).told(
        &sent,
        call.today(),
        &mut bad,
    );
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if contact.manager_id.is_some() || contact.external_id.is_some() {
                lines::lock(w).await?;
            }
            account::find(w, call, account).await?;
            check_references(w, call, None, &contact).await?;
            save::save(w, call, &[&Change::adding(contact.clone())]).await?;
            let reader = Reader::of(w, call, [&contact]).await?;
            Ok(CreateContactResponse {
                contact: Some(contact.shown(&reader)),
            })
        })
        .await
}

/// Refuses what a contact may not refer to: a manager, a former employer, a key.
pub async fn check_references(
    connection: &mut PgConnection,
    call: &Call,
    before: Option<&Contact>,
    after: &Contact,
) -> Result<(), Error> {
    lines::check(connection, call, before, after).await?;
    let named = employer::named_anew(before, after);
    let seen = Seen::load(connection, call, &named).await?;
    for id in named {
        seen.check(AccountId(id))?;
    }
    rows::check_external_key(connection, call, after).await
}
