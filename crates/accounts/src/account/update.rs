//! Changes the fields of an account that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{AccountChanged, UpdateAccountRequest, UpdateAccountResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Account, assignment, find, tree};
use crate::error::Error;
use crate::ids::AccountId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateAccountRequest,
) -> Result<UpdateAccountResponse, Error> {
    let sent = request.account.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: AccountId = bad.name("account.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if !sent.parent.is_empty() || sent.external_key.is_some() {
                tree::lock(w).await?;
            }
            let before = lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                check(w, call, &before, &after).await?;
                store(w, &after).await?;
                let change = AccountChanged {
                    before: Some(before.to_proto()),
                    after: Some(after.to_proto()),
                };
                w.record(id.to_string(), after.version, &change);
            }
            Ok(UpdateAccountResponse {
                account: Some(after.to_proto()),
            })
        })
        .await
}

/// Reads one account and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, call: &Call, id: AccountId) -> Result<Account, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.account where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, call, id).await
}

fn change(call: &Call, before: &Account, request: &UpdateAccountRequest) -> Result<Account, Error> {
    let mut bad = Violations::default();
    let sent = request.account.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.to_proto(),
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}

/// Refuses references that the caller may not make; those that stay are left alone.
async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: &Account,
    after: &Account,
) -> Result<(), Error> {
    if let Some(parent) = after
        .parent_id
        .filter(|_| after.parent_id != before.parent_id)
    {
        find(connection, call, AccountId(parent)).await?;
        check_loop(connection, after.id, parent).await?;
    }
    let owners_team = assignment::require(connection, after).await?;
    let mut bad = Violations::default();
    assignment::check(call, Some(before), after, owners_team, &mut bad);
    bad.finish()?;
    after.check_external_key(connection, call).await
}

async fn check_loop(connection: &mut PgConnection, id: Uuid, parent: Uuid) -> Result<(), Error> {
    let mut parents = tree::parents_above(connection, &[parent]).await?;
    parents.insert(id, parent);
    // What is stored has no loop, so any loop goes through this account.
    match tree::loops(&parents).pop() {
        Some(way) => Err(Error::AccountCycle(
            way.into_iter().map(AccountId).collect(),
        )),
        None => Ok(()),
    }
}

async fn store(connection: &mut PgConnection, account: &Account) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.account
         set version = $2, updated_at = $3, display_name = $4, industry = $5, location = $6, parent_id = $7,
             owner_id = $8, team_id = $9, revenue_amount = $10, revenue_currency = $11, employee_count = $12,
             founded_year = $13, source_system = $14, external_id = $15
         where id = $1",
        account.id,
        account.version,
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
