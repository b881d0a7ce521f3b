//! Changes the fields of an account that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{UpdateAccountRequest, UpdateAccountResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::hidden::{self, Hidden};
use super::rules::Rules;
use super::save::{self, Change};
use super::{Account, assignment, find, key, tree};
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
            let names_keys = sent.external_key.is_some() || !sent.further_external_keys.is_empty();
            if !sent.parent.is_empty() || names_keys {
                tree::lock(w).await?;
            }
            let before = lock(w, call, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let rules = Rules::load(w, call, std::iter::once(&sent)).await?;
            let after = change(call, &before, &rules, &request)?;
            if after != before {
                check(w, call, &before, &after).await?;
                let change = Change {
                    before: Some(&before),
                    after: &after,
                };
                save::save(w, call, &[change]).await?;
            }
            Ok(UpdateAccountResponse {
                account: Some(hidden::shown(w, call, &after).await?),
            })
        })
        .await
}

/// Reads one account and keeps other writers away until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: AccountId,
) -> Result<Account, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.account where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, call, id).await
}

fn change(
    call: &Call,
    before: &Account,
    rules: &Rules,
    request: &UpdateAccountRequest,
) -> Result<Account, Error> {
    let mut bad = Violations::default();
    let sent = request.account.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.to_proto(),
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, rules, &mut bad);
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
        check_loop(connection, call, after.id, parent).await?;
    }
    let owners_team = assignment::require(connection, after).await?;
    let mut bad = Violations::default();
    assignment::check(call, Some(before), after, owners_team, &mut bad);
    bad.finish()?;
    key::check(connection, call, after).await
}

async fn check_loop(
    connection: &mut PgConnection,
    call: &Call,
    id: Uuid,
    parent: Uuid,
) -> Result<(), Error> {
    let mut parents = tree::parents_above(connection, &[parent]).await?;
    parents.insert(id, parent);
    // What is stored has no loop, so any loop goes through this account.
    let Some(way) = tree::loops(&parents).pop() else {
        return Ok(());
    };
    let hidden = Hidden::among(connection, call, way.iter().copied()).await?;
    Err(Error::AccountCycle(hidden.told(&way)))
}
