//! Whoever merges or takes apart keeps everybody else away from what that touches.

use keynode_kit::log;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::Account;
use crate::account::rows::select_accounts;
use crate::account::tree;
use crate::contact::lines;
use crate::error::Error;
use crate::ids::AccountId;
use crate::territory;

/// Groups, reporting lines and territories stay as they are until the transaction ends.
pub async fn trees(connection: &mut PgConnection) -> Result<(), Error> {
    tree::lock(connection).await?;
    lines::lock(connection).await?;
    territory::tree::lock(connection).await
}

/// Takes the turns of all that changes, and locks the accounts so that nobody adds anything
/// to them: whoever refers to one waits.
pub async fn take(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    mut subjects: Vec<String>,
) -> Result<(), Error> {
    subjects.extend(accounts.iter().map(|id| AccountId(*id).to_string()));
    subjects.sort_unstable();
    log::take_turn(connection, &subjects).await?;
    sqlx::query!(
        "select id from accounts.account where id = any($1) order by id for update",
        accounts
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// These accounts by age, whoever may see them; other writers are kept away.
pub async fn accounts(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Account>, Error> {
    let rows = select_accounts!(
        ["where a.id = any($1) order by a.id for no key update of a"],
        ids
    );
    Ok(rows.fetch_all(connection).await?)
}
