//! Adds a contact to an account.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ContactChanged, CreateContactRequest, CreateContactResponse};
use sqlx::PgConnection;

use super::Contact;
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
    let contact =
        Contact::new(service.mutations.clock.id(), account, call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            account::find(w, call, account).await?;
            insert(w, &contact).await?;
            let after = contact.to_proto();
            let change = ContactChanged {
                before: None,
                after: Some(after.clone()),
            };
            w.record(contact.name().to_string(), contact.version, &change);
            Ok(CreateContactResponse {
                contact: Some(after),
            })
        })
        .await
}

async fn insert(connection: &mut PgConnection, contact: &Contact) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.contact
           (tenant_id, id, version, created_at, updated_at, account_id, display_name, title, department, function)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9)",
        contact.id,
        contact.version,
        contact.created_at as _,
        contact.updated_at as _,
        contact.account_id,
        contact.display_name,
        contact.title,
        contact.department,
        contact.function,
    )
    .execute(connection)
    .await?;
    Ok(())
}
