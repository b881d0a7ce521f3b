//! Reads many accounts at once.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    self as proto, BatchGetAccountsRequest, BatchGetAccountsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::select_accounts;
use super::{Account, hidden};
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;
use crate::merge::redirect;

/// Names of one call at most.
const MAX_NAMES: usize = 1000;

pub async fn batch_get(
    service: &Accounts,
    call: &Call,
    request: BatchGetAccountsRequest,
) -> Result<BatchGetAccountsResponse, Error> {
    let ids = read_names(&request.names)?;
    let (merged, by_id): (_, HashMap<Uuid, proto::Account>) = service
        .read(call, async |tx: &mut Tx| {
            let merged = redirect::of(tx, &ids).await?;
            let current: Vec<Uuid> = ids.iter().map(|id| led(&merged, *id)).collect();
            let found = select(tx, call, &current).await?;
            let shown = hidden::all_shown(tx, call, &found).await?;
            let ids = found.iter().map(|account| account.id);
            Ok::<_, Error>((merged, ids.zip(shown).collect()))
        })
        .await?;
    let mut answer = BatchGetAccountsResponse::default();
    let mut answered = HashSet::new();
    for id in ids {
        let current = led(&merged, id);
        match by_id.get(&current) {
            Some(account) => {
                if current != id {
                    let name = AccountId(id).to_string();
                    answer.merged.insert(name, account.name.clone());
                }
                if answered.insert(current) {
                    answer.accounts.push(account.clone());
                }
            }
            None => answer.missing.push(AccountId(id).to_string()),
        }
    }
    Ok(answer)
}

/// Where a name leads.
fn led(merged: &HashMap<Uuid, Uuid>, id: Uuid) -> Uuid {
    merged.get(&id).copied().unwrap_or(id)
}

/// The ids, each once, in the order in which they are named.
fn read_names(names: &[String]) -> Result<Vec<Uuid>, Error> {
    let mut bad = Violations::default();
    if names.is_empty() || names.len() > MAX_NAMES {
        bad.add("names", format!("must be 1 to {MAX_NAMES} names"));
    }
    let mut seen = HashSet::new();
    let mut ids = Vec::new();
    for (index, name) in names.iter().take(MAX_NAMES).enumerate() {
        let AccountId(id) = bad.name(&format!("names[{index}]"), name);
        if seen.insert(id) {
            ids.push(id);
        }
    }
    bad.finish()?;
    Ok(ids)
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Account>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = select_accounts!(
        ["where a.id = any($1) and ($2 or a.owner_id = $3 or a.team_id = any($4))"],
        ids,
        all,
        me,
        &teams
    );
    Ok(rows.fetch_all(connection).await?)
}
