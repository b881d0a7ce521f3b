//! Lists the accounts of programs.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::accounts::v1::{ListServiceAccountsRequest, ListServiceAccountsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::ServiceAccount;
use crate::Accounts;
use crate::error::Error;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListServiceAccountsRequest,
) -> Result<ListServiceAccountsResponse, Error> {
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListServiceAccounts"],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| select(tx, &page).await)
        .await?;
    let (accounts, next_page_token) = page.close(found, |account| account.id);
    let service_accounts = accounts.iter().map(ServiceAccount::to_proto).collect();
    Ok(ListServiceAccountsResponse {
        service_accounts,
        next_page_token,
    })
}

async fn select(connection: &mut PgConnection, page: &Page) -> Result<Vec<ServiceAccount>, Error> {
    let rows = sqlx::query_as!(
        ServiceAccount,
        "select id, version, created_at, display_name, roles, disabled, team_id
         from accounts.service_account where id > $1 order by id limit $2",
        page.after.unwrap_or(Uuid::nil()),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
