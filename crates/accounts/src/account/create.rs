//! Adds an account.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, CreateAccountRequest, CreateAccountResponse};
use sqlx::PgConnection;

use super::rules::Rules;
use super::save::{self, Change};
use super::{Account, assignment, find, key, tree};
use crate::error::Error;
use crate::ids::{AccountId, PersonId};
use crate::{Accounts, person};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateAccountRequest,
) -> Result<CreateAccountResponse, Error> {
    let sent = request.account.clone().unwrap_or_default();
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let account = add(w, call, &sent).await?;
            Ok(CreateAccountResponse {
                account: Some(account.to_proto()),
            })
        })
        .await
}

/// Adds the account that a caller describes, with its event.
pub async fn add(w: &mut Writer<'_>, call: &Call, sent: &proto::Account) -> Result<Account, Error> {
    let rules = Rules::load(w, call, std::iter::once(sent)).await?;
    let mut bad = Violations::default();
    let account = Account::new(w.id(), call.now).told(sent, &rules, &mut bad);
    bad.finish()?;
    let account = place(w, call, account).await?;
    let change = Change {
        before: None,
        after: &account,
    };
    save::save(w, call, &[change]).await?;
    Ok(account)
}

/// The account with owner and team, if everything it refers to is there and allowed.
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    account: Account,
) -> Result<Account, Error> {
    if account.keys().next().is_some() {
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
    key::check(connection, call, &account).await?;
    Ok(account)
}
