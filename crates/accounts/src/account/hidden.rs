//! Accounts that records name and that the reader does not see.

use std::collections::HashSet;

use keynode_kit::call::{Call, Visibility};
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Account;
use super::seen::Seen;
use crate::error::Error;
use crate::ids::AccountId;

/// What stands in a text in place of an account that the reader does not see.
pub const WORD: &str = "(hidden)";

/// Of some accounts, those that the caller does not see, whether they are there or not.
#[derive(Debug, Default)]
pub struct Hidden(HashSet<Uuid>);

impl Hidden {
    /// Looks these accounts up. To who sees everything nothing is hidden.
    pub async fn among(
        connection: &mut PgConnection,
        call: &Call,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, Error> {
        if call.principal.visibility == Visibility::All {
            return Ok(Self::default());
        }
        let ids: HashSet<Uuid> = ids.into_iter().collect();
        let asked: Vec<Uuid> = ids.iter().copied().collect();
        let seen = Seen::load(connection, call, &asked).await?;
        let hidden = ids.into_iter().filter(|id| !seen.contains(AccountId(*id)));
        Ok(Self(hidden.collect()))
    }

    pub fn contains(&self, id: Uuid) -> bool {
        self.0.contains(&id)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The accounts of a loop as they are told.
    pub fn told(&self, way: &[Uuid]) -> Vec<Option<AccountId>> {
        let told = |id: &Uuid| (!self.contains(*id)).then_some(AccountId(*id));
        way.iter().map(told).collect()
    }
}

/// An account as the caller sees it: who stands above it is named only to who sees that one.
pub async fn shown(
    connection: &mut PgConnection,
    call: &Call,
    account: &Account,
) -> Result<proto::Account, Error> {
    let mut all = all_shown(connection, call, std::slice::from_ref(account)).await?;
    Ok(all.pop().expect("one account was given"))
}

/// The same for several, in their order.
pub async fn all_shown(
    connection: &mut PgConnection,
    call: &Call,
    accounts: &[Account],
) -> Result<Vec<proto::Account>, Error> {
    let parents = accounts.iter().filter_map(|account| account.parent_id);
    let hidden = Hidden::among(connection, call, parents).await?;
    let shown = |account: &Account| {
        let mut told = account.to_proto();
        if account.parent_id.is_some_and(|id| hidden.contains(id)) {
            told.parent.clear();
        }
        told
    };
    Ok(accounts.iter().map(shown).collect())
}
