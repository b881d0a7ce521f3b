//! Territories that name accounts which become one, or several again.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ledger::Ledger;
use crate::error::Error;
use crate::territory::{self, Territory};

/// The territories that name these accounts, by account.
pub async fn naming(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        "select account_id, territory_id from accounts.territory_named_account where account_id = any($1)",
        accounts,
    )
    .fetch_all(connection)
    .await?;
    let pairs = rows
        .into_iter()
        .map(|row| (row.account_id, row.territory_id));
    Ok(pairs.collect())
}

/// Has territories name the survivor where they named losers; one territory alone, that of
/// the first loser, unless the survivor is named already. Answers which names it since.
pub async fn merge(
    w: &mut Writer<'_>,
    call: &Call,
    survivor: Uuid,
    losers: &[Uuid],
    named: &HashMap<Uuid, Uuid>,
) -> Result<Option<Uuid>, Error> {
    let heir = match named.contains_key(&survivor) {
        true => None,
        false => losers.iter().find_map(|loser| named.get(loser).copied()),
    };
    rename(w, call, named.values(), |territory| {
        territory.named.retain(|id| !losers.contains(id));
        if heir == Some(territory.id) {
            territory.named.push(survivor);
        }
    })
    .await?;
    Ok(heir)
}

/// Has territories in use name the losers again that nobody names meanwhile.
pub async fn part(w: &mut Writer<'_>, call: &Call, ledger: &Ledger) -> Result<(), Error> {
    let lost = ledger.losers.iter();
    let lost: Vec<(Uuid, Uuid)> = lost
        .filter_map(|lost| Some((lost.before.id, lost.named_by?)))
        .collect();
    let ids: Vec<Uuid> = lost.iter().map(|(_, territory)| *territory).collect();
    rename(w, call, ids.iter(), |territory| {
        if territory.archived_at.is_some() {
            return;
        }
        if ledger.named_by == Some(territory.id) {
            territory.named.retain(|id| *id != ledger.before.id);
        }
        let own = lost.iter().filter(|(_, of)| *of == territory.id);
        territory.named.extend(own.map(|(loser, _)| *loser));
    })
    .await
}

async fn rename(
    w: &mut Writer<'_>,
    call: &Call,
    ids: impl Iterator<Item = &Uuid>,
    change: impl Fn(&mut Territory),
) -> Result<(), Error> {
    let ids: Vec<Uuid> = ids.copied().collect();
    for before in territory::read::by_ids(w, &ids).await? {
        let mut after = before.clone();
        change(&mut after);
        after.named.sort_unstable();
        after.named.dedup();
        let after = after.changed(&before, call.now);
        if after != before {
            after.update(w).await?;
            territory::record(w, Some(&before), &after);
        }
    }
    Ok(())
}

/// Takes these accounts out of the territories that they were given to; answers which, and
/// when that was.
pub async fn unassign(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, (Uuid, Timestamp)>, Error> {
    let rows = sqlx::query!(
        r#"delete from accounts.territory_account where account_id = any($1)
           returning account_id, territory_id, assigned_at as "assigned_at: jiff_sqlx::Timestamp""#,
        accounts,
    )
    .fetch_all(connection)
    .await?;
    let pairs = rows.into_iter().map(|row| {
        (
            row.account_id,
            (row.territory_id, row.assigned_at.to_jiff()),
        )
    });
    Ok(pairs.collect())
}

/// Puts an account back into the territory that it was given to.
pub async fn reassign(
    connection: &mut PgConnection,
    account: Uuid,
    (territory, at): (Uuid, Timestamp),
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.territory_account (tenant_id, account_id, territory_id, assigned_at)
         values (events.tenant_id(), $1, $2, $3)",
        account,
        territory,
        at.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
