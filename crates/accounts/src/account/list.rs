//! Lists accounts.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::accounts::v1::{ListAccountsRequest, ListAccountsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::{self, Filter};
use super::rows::select_accounts;
use super::{Account, page, sight};
use crate::Accounts;
use crate::attribute::{self, Declarations};
use crate::error::Error;
use crate::merge::redirect;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListAccountsRequest,
) -> Result<ListAccountsResponse, Error> {
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListAccounts", &filter::arguments(&request)],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            let mut filter = Filter::read(&request, &declared(tx, &request).await?)?;
            filter.parent = redirect::current(tx, filter.parent).await?;
            filter.ancestor = redirect::current(tx, filter.ancestor).await?;
            sight::plan_for_values(tx).await?;
            let ids = page::ids(tx, call, &page, &filter).await?;
            select(tx, &ids).await
        })
        .await?;
    let (accounts, next_page_token) = page.close(found, |account| account.id);
    Ok(ListAccountsResponse {
        accounts: accounts.iter().map(Account::to_proto).collect(),
        next_page_token,
    })
}

/// What the tenant declares, if it is asked for.
async fn declared(
    connection: &mut PgConnection,
    request: &ListAccountsRequest,
) -> Result<Declarations, Error> {
    if request.attribute.is_none() {
        return Ok(Declarations::new());
    }
    attribute::declared(connection).await
}

/// The accounts with these ids, all of them seen.
async fn select(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Account>, Error> {
    let rows = select_accounts!(["where a.id = any($1) order by a.id"], ids);
    Ok(rows.fetch_all(connection).await?)
}
