//! Changes a map: one writer at a time, history and event in the same transaction.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::DecisionMapChanged;
use prost::Message as _;
use sqlx::PgConnection;

use super::mask::Mask;
use super::refusal::Refusal;
use super::{DecisionMap, insider, judgement_change, load};
use crate::error::Error;
use crate::ids::MapId;

/// The map to be changed, with other writers kept away until the transaction ends.
///
/// # Errors
/// Also when it has or had insiders whom the caller may not know, whatever the change would
/// be: an answer that depended on who is named in the request would tell who they are.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
    etag: &str,
) -> Result<DecisionMap, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select opportunity_id from accounts.decision_map where opportunity_id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let map = load::find_visible(connection, call, id).await?;
    if !call.reveals && (map.has_insiders() || insider::were_any(connection, id).await?) {
        return Err(Refusal::InsidersMasked(id).into());
    }
    etag::check(&id.to_string(), etag, map.header.version)?;
    Ok(map)
}

/// Stores the header of the next version, what changed of the judgements, and the event;
/// answers the map as it is now.
pub async fn commit(
    w: &mut Writer<'_>,
    call: &Call,
    before: &DecisionMap,
    after: DecisionMap,
) -> Result<DecisionMap, Error> {
    let mut after = after.next(call.now);
    check_size(&after)?;
    insider::number_all(w, &mut after).await?;
    insider::store(w, &after).await?;
    update(w, &after).await?;
    judgement_change::record(w, call, before, &after).await?;
    let change = masked_change(before, &after);
    w.record(after.name().to_string(), after.header.version, &change);
    Ok(after)
}

/// A map has so many bytes at most: its event holds it twice, and a client takes messages of
/// 4 MB by default.
const MOST_BYTES: usize = 1 << 20;

fn check_size(map: &DecisionMap) -> Result<(), Error> {
    let mut bad = Violations::default();
    let bytes = map.to_proto().encoded_len();
    if bytes > MOST_BYTES {
        let why =
            format!("the map would have {bytes} bytes of at most {MOST_BYTES}; shorten evidence");
        bad.add("name", why);
    }
    Ok(bad.finish()?)
}

async fn update(connection: &mut PgConnection, map: &DecisionMap) -> Result<(), Error> {
    let header = &map.header;
    sqlx::query!(
        "update accounts.decision_map set version = $2, updated_at = $3, complete = $4, competitors = $5,
             account_id = $6
         where opportunity_id = $1",
        header.opportunity_id,
        header.version,
        header.updated_at as _,
        header.complete,
        &header.competitors,
        header.account_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Events go to everybody who may read the feed, so they never name an insider: also not
/// the state before, in which the person may not have been one yet.
fn masked_change(before: &DecisionMap, after: &DecisionMap) -> DecisionMapChanged {
    let (before, after) = (before.to_proto(), after.to_proto());
    let mask = Mask::of([&before, &after]);
    DecisionMapChanged {
        before: Some(mask.apply(before)),
        after: Some(mask.apply(after)),
    }
}
