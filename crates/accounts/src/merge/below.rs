//! What is kept below an account: all that a merge moves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::refusal::Refusal;
use crate::error::Error;
use crate::ids::{AccountId, ContactId, MapId, NoteId};

/// Records of one merge at most: what one transaction writes in a few seconds.
pub const MOST: usize = 5000;

/// The ids of what is below one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Below {
    pub contacts: BTreeSet<Uuid>,
    pub maps: BTreeSet<Uuid>,
    pub notes: BTreeSet<Uuid>,
    /// Accounts directly below it.
    pub children: BTreeSet<Uuid>,
    /// Prospects that were converted into it.
    pub prospects: BTreeSet<Uuid>,
    /// Accounts that were merged into it.
    pub earlier: BTreeSet<Uuid>,
}

impl Below {
    fn of_kind(&mut self, kind: &str) -> &mut BTreeSet<Uuid> {
        match kind {
            "contact" => &mut self.contacts,
            "map" => &mut self.maps,
            "note" => &mut self.notes,
            "child" => &mut self.children,
            "prospect" => &mut self.prospects,
            _ => &mut self.earlier,
        }
    }

    fn len(&self) -> usize {
        self.contacts.len()
            + self.maps.len()
            + self.notes.len()
            + self.children.len()
            + self.prospects.len()
            + self.earlier.len()
    }

    /// Under which names they take their turns; prospects do not change.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        let contacts = self.contacts.iter().map(|id| ContactId(*id).to_string());
        let maps = self.maps.iter().map(|id| MapId(*id).to_string());
        let notes = self.notes.iter().map(|id| NoteId(*id).to_string());
        let accounts = self.children.iter().chain(&self.earlier);
        let accounts = accounts.map(|id| AccountId(*id).to_string());
        contacts.chain(maps).chain(notes).chain(accounts)
    }
}

/// What is below each of these accounts, the members left out; refused if it is too much.
pub async fn read(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    members: &[Uuid],
) -> Result<BTreeMap<Uuid, Below>, Error> {
    let below = select(connection, accounts, members, MOST as i64 * 20).await?;
    let count = below.values().map(Below::len).sum();
    match count > MOST {
        true => Err(Refusal::TooLarge {
            what: "records",
            count,
            limit: MOST,
            way_out: "merge fewer accounts at once, or clear some up first",
        }
        .into()),
        false => Ok(below),
    }
}

/// Everything that is below one account.
pub async fn all_of(connection: &mut PgConnection, account: Uuid) -> Result<Below, Error> {
    let mut below = select(connection, &[account], &[], i64::MAX).await?;
    Ok(below.remove(&account).unwrap_or_default())
}

async fn select(
    connection: &mut PgConnection,
    accounts: &[Uuid],
    members: &[Uuid],
    most: i64,
) -> Result<BTreeMap<Uuid, Below>, Error> {
    let rows = sqlx::query!(
        r#"select 'contact' as "kind!", id as "id!", account_id as "account!"
           from accounts.contact where account_id = any($1)
           union all
           select 'map', opportunity_id, account_id from accounts.decision_map where account_id = any($1)
           union all
           select 'note', id, account_id from accounts.account_note where account_id = any($1)
           union all
           select 'child', id, parent_id from accounts.account where parent_id = any($1) and id <> all($2)
           union all
           select 'prospect', prospect_id, account_id from accounts.prospect_conversion where account_id = any($1)
           union all
           select 'earlier', id, merged_into_id from accounts.account
           where merged_into_id = any($1) and merged_into_id is not null and id <> all($2)
           limit $3"#,
        accounts,
        members,
        most,
    )
    .fetch_all(connection)
    .await?;
    let mut below: BTreeMap<Uuid, Below> = accounts
        .iter()
        .map(|account| (*account, Below::default()))
        .collect();
    for row in rows {
        let of = below.entry(row.account).or_default();
        of.of_kind(&row.kind).insert(row.id);
    }
    Ok(below)
}
