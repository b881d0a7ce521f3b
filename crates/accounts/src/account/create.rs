//! Adds an account.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{AccountChanged, CreateAccountRequest, CreateAccountResponse};
use sqlx::PgConnection;

use super::{Account, assignment, find, tree};
use crate::error::Error;
use crate::ids::{AccountId, PersonId};
use crate::{Accounts, person};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateAccountRequest,
) -> Result<CreateAccountResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.account.clone().unwrap_or_default();
    let account = Account::new(service.mutations.clock.id(), call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let account = place(w, call, account).await?;
            insert(w, &account).await?;
            let after = account.to_proto();
            let change = AccountChanged {
                before: None,
                after: Some(after.clone()),
            };
            w.record(account.name().to_string(), account.version, &change);
            Ok(CreateAccountResponse {
                account: Some(after),
            })
        })
        .await
}

/// The account with owner and team, if everything it refers to is there and allowed.
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    account: Account,
) -> Result<Account, Error> {
    if account.external_id.is_some() {
        // An import of the same key must see this account, or this call the import's.
        tree::lock(connection).await?;
    }
    if let Some(parent) = account.parent_id {
        find(connection, call, AccountId(parent)).await?;
    }
    let owners_team = match account.owner_id.or(call.principal.person) {
        Some(owner) => person::find(connection, PersonId(owner)).await?.team_id,
        None => None,
    };
    let account = assignment::with_defaults(account, call, |_| owners_team);
    assignment::require(connection, &account).await?;
    let mut bad = Violations::default();
    assignment::check(call, None, &account, owners_team, &mut bad);
    bad.finish()?;
    account.check_external_key(connection, call).await?;
    Ok(account)
}

async fn insert(connection: &mut PgConnection, account: &Account) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.account
           (tenant_id, id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
            team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        account.id,
        account.version,
        account.created_at as _,
        account.updated_at as _,
        account.display_name,
        account.industry,
        account.location,
        account.parent_id,
        account.owner_id,
        account.team_id,
        account.revenue_amount,
        account.revenue_currency,
        account.employee_count,
        account.founded_year,
        account.source_system,
        account.external_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}
