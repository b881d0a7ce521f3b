//! Reads one account, and lists accounts.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetAccountRequest, GetAccountResponse, ListAccountsRequest, ListAccountsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Account, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AccountId, PersonId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAccountRequest,
) -> Result<GetAccountResponse, Error> {
    let mut bad = Violations::default();
    let id: AccountId = bad.name("name", &request.name);
    bad.finish()?;
    let account = service
        .read(call, async |tx: &mut Tx| find(tx, call, id).await)
        .await?;
    Ok(GetAccountResponse {
        account: Some(account.to_proto()),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListAccountsRequest,
) -> Result<ListAccountsResponse, Error> {
    let filter = Filter::read(&request)?;
    let arguments = [
        "ListAccounts",
        &request.parent,
        &request.owner,
        &request.source_system,
    ];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, call, &page, &filter).await
        })
        .await?;
    let (accounts, next_page_token) = page.close(found, |account| account.id);
    Ok(ListAccountsResponse {
        accounts: accounts.iter().map(Account::to_proto).collect(),
        next_page_token,
    })
}

struct Filter {
    parent: Option<AccountId>,
    owner: Option<PersonId>,
    source_system: String,
}

impl Filter {
    fn read(request: &ListAccountsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let filter = Self {
            parent: bad.optional_name("parent", &request.parent),
            owner: bad.optional_name("owner", &request.owner),
            source_system: bad.text("source_system", &request.source_system, 64),
        };
        bad.finish()?;
        Ok(filter)
    }
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Account>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Account,
        "select id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
                team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id
         from accounts.account
         where id > $1 and ($2 or owner_id = $3 or team_id = any($4))
           and ($5::uuid is null or parent_id = $5)
           and ($6::uuid is null or owner_id = $6)
           and ($7 = '' or source_system = $7)
         order by id limit $8",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        filter.parent.map(|id| id.0),
        filter.owner.map(|id| id.0),
        filter.source_system,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
