//! Accounts that change hands, many at once.

use jiff_sqlx::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::AccountChanged;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::Account;
use crate::account::rows::select_accounts;
use crate::error::Error;
use crate::ids::AccountId;

/// An account before and after it changes hands.
#[derive(Clone, Debug)]
pub struct Handover {
    pub before: Account,
    pub after: Account,
}

impl Handover {
    /// The account in these hands.
    pub fn to(call: &Call, before: Account, owner_id: Option<Uuid>, team_id: Option<Uuid>) -> Self {
        let given = Account {
            owner_id,
            team_id,
            ..before.clone()
        };
        Self {
            after: given.changed(&before, call.now),
            before,
        }
    }

    pub fn is_move(&self) -> bool {
        self.after != self.before
    }
}

/// The names under which accounts take their turns.
pub fn subjects(ids: &[Uuid]) -> impl Iterator<Item = String> {
    ids.iter().map(|id| AccountId(*id).to_string())
}

/// Takes the turns of these accounts and locks those that the caller sees, by age.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Account>, Error> {
    log::take_turn(connection, &subjects(ids).collect::<Vec<_>>()).await?;
    lock_in_turn(connection, call, ids).await
}

/// The same when the turns are taken.
pub async fn lock_in_turn(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Account>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = select_accounts!(
        [
            "where a.id = any($1) and a.merged_into_id is null and ($2 or a.owner_id = $3 or a.team_id = any($4))
          order by a.id for no key update of a"
        ],
        ids,
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Stores owner and team of those that move, in one statement, with an event for each.
pub async fn store(w: &mut Writer<'_>, handovers: &[Handover]) -> Result<(), Error> {
    let moves: Vec<&Handover> = handovers.iter().filter(|h| h.is_move()).collect();
    let after = || moves.iter().map(|handover| &handover.after);
    sqlx::query!(
        "update accounts.account a
         set version = n.version, updated_at = n.updated_at, owner_id = n.owner_id, team_id = n.team_id
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::uuid[])
           as n (id, version, updated_at, owner_id, team_id)
         where a.tenant_id = events.tenant_id() and a.id = n.id",
        &after().map(|account| account.id).collect::<Vec<_>>(),
        &after().map(|account| account.version).collect::<Vec<_>>(),
        &after().map(|account| account.updated_at).collect::<Vec<Timestamp>>() as _,
        &after().map(|account| account.owner_id).collect::<Vec<_>>() as _,
        &after().map(|account| account.team_id).collect::<Vec<_>>() as _,
    )
    .execute(&mut **w)
    .await?;
    for Handover { before, after } in moves {
        let change = AccountChanged {
            before: Some(before.to_proto()),
            after: Some(after.to_proto()),
        };
        w.record(after.name().to_string(), after.version, &change);
    }
    Ok(())
}
