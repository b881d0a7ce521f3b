//! Territories as the caller sees them: what they name out of the caller's sight is left out.

use std::collections::HashSet;

use keynode_kit::call::{Call, Visibility};
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Territory;
use super::rule::Atlas;
use crate::account::hidden::Hidden;
use crate::error::Error;

/// What a caller sees of what territories name.
#[derive(Debug)]
pub struct Sight {
    hidden_accounts: Hidden,
    /// None when the caller sees all.
    seen_territories: Option<HashSet<Uuid>>,
}

impl Sight {
    /// Looks up what these territories name.
    pub async fn of<'t>(
        connection: &mut PgConnection,
        call: &Call,
        territories: impl IntoIterator<Item = &'t Territory>,
    ) -> Result<Self, Error> {
        let (mut accounts, mut linked) = (Vec::new(), Vec::new());
        for territory in territories {
            accounts.extend(&territory.named);
            linked.extend(territory.parent_id.into_iter().chain(territory.overflow_id));
        }
        Ok(Self {
            hidden_accounts: Hidden::among(connection, call, accounts).await?,
            seen_territories: seen(connection, call, &linked).await?,
        })
    }

    /// The accounts that the territory names and the caller does not see.
    pub fn hidden_of(&self, territory: &Territory) -> Vec<Uuid> {
        let named = territory.named.iter().copied();
        named
            .filter(|id| self.hidden_accounts.contains(*id))
            .collect()
    }

    fn sees(&self, territory: Uuid) -> bool {
        let seen = self.seen_territories.as_ref();
        seen.is_none_or(|seen| seen.contains(&territory))
    }

    /// The territory without what is out of sight.
    pub fn shown(&self, territory: &Territory) -> proto::Territory {
        let mut seen = territory.clone();
        seen.named.retain(|id| !self.hidden_accounts.contains(*id));
        seen.parent_id = seen.parent_id.filter(|id| self.sees(*id));
        seen.overflow_id = seen.overflow_id.filter(|id| self.sees(*id));
        let hidden = territory.named.len() - seen.named.len();
        proto::Territory {
            hidden_account_count: i32::try_from(hidden).unwrap_or(i32::MAX),
            ..seen.to_proto()
        }
    }
}

impl Atlas {
    /// Whether the caller sees a territory; one that is out of use counts for who sees all.
    pub fn sees(&self, call: &Call, territory: Uuid) -> bool {
        let known = self.territories.get(&territory);
        let owner = known.and_then(|territory| territory.owner);
        call.sees(owner, known.map(|territory| territory.team))
    }
}

/// One territory as the caller sees it.
pub async fn shown(
    connection: &mut PgConnection,
    call: &Call,
    territory: &Territory,
) -> Result<proto::Territory, Error> {
    Ok(Sight::of(connection, call, [territory])
        .await?
        .shown(territory))
}

/// Those of these territories that the caller sees; none when that is all.
pub async fn seen(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Option<HashSet<Uuid>>, Error> {
    if call.principal.visibility == Visibility::All {
        return Ok(None);
    }
    let (_, me, teams) = call.visibility_parameters();
    let seen = sqlx::query_scalar!(
        "select id from accounts.territory where id = any($1) and (owner_id = $2 or team_id = any($3))",
        ids,
        me,
        &teams,
    );
    let seen = seen.fetch_all(connection).await?;
    Ok(Some(seen.into_iter().collect()))
}
