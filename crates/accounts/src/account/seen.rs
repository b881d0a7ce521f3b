//! Accounts that a request names, looked up all at once.

use std::collections::HashMap;

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::AccountId;
use crate::merge::refusal::Refusal;

/// Which accounts the caller sees, and where those went that were merged.
#[derive(Debug, Default)]
pub struct Seen(HashMap<Uuid, Option<Uuid>>);

impl Seen {
    /// Looks these accounts up.
    pub async fn load(
        connection: &mut PgConnection,
        call: &Call,
        ids: &[Uuid],
    ) -> Result<Self, Error> {
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let (all, me, teams) = call.visibility_parameters();
        let rows = sqlx::query!(
            "select a.id, a.merged_into_id
             from accounts.account a
             where a.id = any($1) and case
               when a.merged_into_id is null then ($2 or a.owner_id = $3 or a.team_id = any($4))
               else exists (
                 select from accounts.account s
                 where s.tenant_id = a.tenant_id and s.id = a.merged_into_id
                   and ($2 or s.owner_id = $3 or s.team_id = any($4)))
             end",
            ids,
            all,
            me,
            &teams,
        )
        .fetch_all(connection)
        .await?;
        let seen = rows.into_iter().map(|row| (row.id, row.merged_into_id));
        Ok(Self(seen.collect()))
    }

    /// Whether the caller sees an account, or the one that it was merged into.
    pub fn contains(&self, account: AccountId) -> bool {
        self.0.contains_key(&account.0)
    }

    /// Refuses an account that is not there, not seen, or merged.
    pub fn check(&self, account: AccountId) -> Result<(), Error> {
        match self.0.get(&account.0) {
            Some(None) => Ok(()),
            Some(Some(survivor)) => Err(Refusal::AccountMerged {
                account,
                survivor: AccountId(*survivor),
            }
            .into()),
            None => Err(Error::AccountNotFound(account)),
        }
    }
}
