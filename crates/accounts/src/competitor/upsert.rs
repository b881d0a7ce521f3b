//! Adds a competitor or changes the one with the same external key.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{UpsertCompetitorRequest, UpsertCompetitorResponse};
use sqlx::PgConnection;

use super::update::change;
use super::{Competitor, insert, lock, lock_registry, store};
use crate::Accounts;
use crate::error::Error;
use crate::ids::CompetitorId;

pub async fn upsert(
    service: &Accounts,
    call: &Call,
    request: UpsertCompetitorRequest,
) -> Result<UpsertCompetitorResponse, Error> {
    let sent = request.competitor.clone().unwrap_or_default();
    let new = |bad: &mut Violations| {
        Competitor::new(service.mutations.clock.id(), call.now).told(&sent, call.today(), bad)
    };
    let key = read_key(&sent, new)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            lock_registry(w).await?;
            let Some(id) = holder(w, &key).await? else {
                let mut bad = Violations::default();
                let new = new(&mut bad);
                bad.finish()?;
                insert(w, &new).await?;
                return Ok(answer(&new, true));
            };
            let before = lock(w, id).await?;
            let told = Competitor {
                archived_at: None,
                ..change(call, &before, &sent, None)?
            };
            let after = told.changed(&before, call.now);
            if after != before {
                store(w, &before, &after).await?;
            }
            Ok(answer(&after, false))
        })
        .await
}

/// The key. What else must be said depends on whether it is known; without one, all that
/// is bad is named.
fn read_key(
    sent: &proto::Competitor,
    new: impl Fn(&mut Violations) -> Competitor,
) -> Result<(String, String), Error> {
    let mut bad = Violations::default();
    let key = bad.external_key("competitor.external_key", sent.external_key.as_ref());
    if let Some(key) = key.filter(|_| bad.is_empty()) {
        return Ok(key);
    }
    let mut bad = Violations::default();
    if sent.external_key.is_none() {
        bad.add("competitor.external_key", "must be set");
    }
    new(&mut bad);
    Err(bad.finish().expect_err("the key is bad").into())
}

fn answer(competitor: &Competitor, created: bool) -> UpsertCompetitorResponse {
    UpsertCompetitorResponse {
        competitor: Some(competitor.to_proto()),
        created,
    }
}

/// Who has the external key.
async fn holder(
    connection: &mut PgConnection,
    (source_system, external_id): &(String, String),
) -> Result<Option<CompetitorId>, Error> {
    let id = sqlx::query_scalar!(
        "select id from accounts.competitor where source_system = $1 and external_id = $2",
        source_system,
        external_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(CompetitorId))
}
