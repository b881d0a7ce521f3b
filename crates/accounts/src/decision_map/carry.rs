//! Moves maps from one account to another, when accounts are merged or taken apart.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::{DecisionMap, Header, load, store};
use crate::error::Error;

/// Moves each map to its account; their turns are taken. Nothing said of anybody changes, so
/// that the mask of insiders stays out of it.
pub async fn carry(
    w: &mut Writer<'_>,
    call: &Call,
    moves: &HashMap<Uuid, Uuid>,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = moves.keys().copied().collect();
    let headers = sqlx::query_as!(
        Header,
        "select opportunity_id, version, created_at, updated_at, account_id, complete, competitors
         from accounts.decision_map where opportunity_id = any($1) order by opportunity_id for no key update",
        &ids,
    )
    .fetch_all(&mut **w)
    .await?;
    for before in load::load(w, headers).await? {
        let Some(account_id) = moves.get(&before.header.opportunity_id).copied() else {
            continue;
        };
        let header = Header {
            account_id,
            ..before.header.clone()
        };
        let after = DecisionMap {
            header,
            ..before.clone()
        };
        store::commit(w, call, &before, after).await?;
    }
    Ok(())
}
