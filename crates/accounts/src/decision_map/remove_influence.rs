//! Takes an influence out of the map.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{RemoveInfluenceRequest, RemoveInfluenceResponse};
use sqlx::PgConnection;

use super::{commit, lock};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{ContactId, MapId};

pub async fn remove(
    service: &Accounts,
    call: &Call,
    request: RemoveInfluenceRequest,
) -> Result<RemoveInfluenceResponse, Error> {
    let mut bad = Violations::default();
    let map: MapId = bad.name("name", &request.name);
    let from: ContactId = bad.name("from", &request.from);
    let to: ContactId = bad.name("to", &request.to);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, map, &request.etag).await?;
            delete(w, map, from, to).await?;
            let mut after = before.clone();
            after
                .influences
                .retain(|influence| !influence.is_between(from, to));
            let after = commit(w, &before, after.next(call.now)).await?;
            Ok(RemoveInfluenceResponse {
                decision_map: Some(after.to_proto()),
            })
        })
        .await
}

async fn delete(
    connection: &mut PgConnection,
    map: MapId,
    from: ContactId,
    to: ContactId,
) -> Result<(), Error> {
    let deleted = sqlx::query!(
        "delete from accounts.influence where opportunity_id = $1 and from_id = $2 and to_id = $3",
        map.0,
        from.0,
        to.0
    )
    .execute(connection)
    .await?;
    if deleted.rows_affected() == 0 {
        Err(Error::InfluenceNotFound { map, from, to })
    } else {
        Ok(())
    }
}
