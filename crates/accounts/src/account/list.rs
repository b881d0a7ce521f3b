//! Lists accounts.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::accounts::v1::{ListAccountsRequest, ListAccountsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::{self, Filter};
use super::hidden::{self, Hidden};
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
    let arguments = filter::arguments(&request);
    let (accounts, next_page_token) = service
        .read(call, async |tx: &mut Tx| {
            let mut filter = Filter::read(&request, &declared(tx, &request).await?)?;
            let arguments = ["ListAccounts", &arguments];
            let page = Page::open(request.page_size, &request.page_token, &arguments)?;
            filter.parent = redirect::current(tx, filter.parent).await?;
            filter.ancestor = redirect::current(tx, filter.ancestor).await?;
            let found = select(tx, call, &page, &filter).await?;
            let (accounts, next) = page.close(found, |account| account.id);
            Ok::<_, Error>((hidden::all_shown(tx, call, &accounts).await?, next))
        })
        .await?;
    Ok(ListAccountsResponse {
        accounts,
        next_page_token,
    })
}

/// What fits. A group that the caller does not see is answered as one that is not there.
async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Account>, Error> {
    let heads = [filter.parent, filter.ancestor].into_iter().flatten();
    let hidden = Hidden::among(connection, call, heads.map(|id| id.0)).await?;
    if !hidden.is_empty() {
        return Ok(Vec::new());
    }
    sight::plan_for_values(connection).await?;
    let ids = page::ids(connection, call, page, filter).await?;
    load(connection, &ids).await
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
async fn load(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Account>, Error> {
    let rows = select_accounts!(["where a.id = any($1) order by a.id"], ids);
    Ok(rows.fetch_all(connection).await?)
}
