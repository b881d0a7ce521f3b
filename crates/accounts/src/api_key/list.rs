//! Lists keys, without their secrets.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListApiKeysRequest, ListApiKeysResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{KeyRecord, Subject};
use crate::Accounts;
use crate::error::Error;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListApiKeysRequest,
) -> Result<ListApiKeysResponse, Error> {
    let mut bad = Violations::default();
    let subject = match request.subject.as_str() {
        "" => None,
        name => Some(Subject::read("subject", name, &mut bad)),
    };
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListApiKeys", &request.subject],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| select(tx, &page, subject).await)
        .await?;
    let (keys, next_page_token) = page.close(found, |key| key.id);
    Ok(ListApiKeysResponse {
        api_keys: keys.iter().map(KeyRecord::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    subject: Option<Subject>,
) -> Result<Vec<KeyRecord>, Error> {
    let rows = sqlx::query_as!(
        KeyRecord,
        "select id, version, created_at, person_id, service_account_id, display_name, scopes, expires_at, revoked_at
         from accounts.api_key
         where id > $1 and ($2::uuid is null or person_id = $2)
           and ($3::uuid is null or service_account_id = $3)
         order by id limit $4",
        page.after.unwrap_or(Uuid::nil()),
        subject.and_then(Subject::person),
        subject.and_then(Subject::service_account),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
