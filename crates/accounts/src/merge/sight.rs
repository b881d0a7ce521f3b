//! Merges as the caller sees them: who stands above an account is named to who sees that one.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::{Account, Merge};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::hidden::Hidden;
use crate::error::Error;
use crate::ids::AccountId;

/// These merges without the parents that the caller does not see.
pub async fn shown(
    connection: &mut PgConnection,
    call: &Call,
    mut merges: Vec<Merge>,
) -> Result<Vec<Merge>, Error> {
    let told = merges.iter_mut().flat_map(accounts);
    let parents: Vec<Uuid> = told.filter_map(|account| parent(account)).collect();
    let hidden = Hidden::among(connection, call, parents).await?;
    for account in merges.iter_mut().flat_map(accounts) {
        if parent(account).is_some_and(|id| hidden.contains(id)) {
            account.parent.clear();
        }
    }
    Ok(merges)
}

/// One merge, the same way.
pub async fn one_shown(
    connection: &mut PgConnection,
    call: &Call,
    merge: Merge,
) -> Result<Option<Merge>, Error> {
    Ok(shown(connection, call, vec![merge]).await?.pop())
}

fn parent(account: &Account) -> Option<Uuid> {
    account.parent.parse().ok().map(|AccountId(id)| id)
}

/// The states of accounts that a merge tells.
fn accounts(merge: &mut Merge) -> impl Iterator<Item = &mut Account> {
    let conflicts = merge.conflicts.iter_mut();
    let values = conflicts.flat_map(|conflict| &mut conflict.values);
    let values = values.filter_map(|value| value.value.as_mut());
    merge.after.iter_mut().chain(values)
}
