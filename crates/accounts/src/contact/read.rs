//! Reads one contact, and lists contacts.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetContactRequest, GetContactResponse, ListContactsRequest, ListContactsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Contact, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetContactRequest,
) -> Result<GetContactResponse, Error> {
    let mut bad = Violations::default();
    let id: ContactId = bad.name("name", &request.name);
    bad.finish()?;
    let contact = service
        .read(call, async |tx: &mut Tx| find(tx, call, id).await)
        .await?;
    Ok(GetContactResponse {
        contact: Some(contact.to_proto()),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListContactsRequest,
) -> Result<ListContactsResponse, Error> {
    let mut bad = Violations::default();
    let account: Option<AccountId> = bad.optional_name("account", &request.account);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListContacts", &request.account],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, call, &page, account).await
        })
        .await?;
    let (contacts, next_page_token) = page.close(found, |contact| contact.id);
    Ok(ListContactsResponse {
        contacts: contacts.iter().map(Contact::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    account: Option<AccountId>,
) -> Result<Vec<Contact>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Contact,
        "select c.id, c.version, c.created_at, c.updated_at, c.account_id, c.display_name, c.title, c.department,
                c.function
         from accounts.contact c
         join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
         where c.id > $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))
           and ($5::uuid is null or c.account_id = $5)
         order by c.id limit $6",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        account.map(|id| id.0),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
