//! Takes a purchase criterion and the influences on it out of the map.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    RemovePurchaseCriterionRequest, RemovePurchaseCriterionResponse,
};
use sqlx::PgConnection;

use super::influence::Target;
use super::refusal::Refusal;
use super::store::{commit, lock};
use super::{criterion, shown};
use crate::Accounts;
use crate::error::Error;
use crate::ids::MapId;

pub async fn remove(
    service: &Accounts,
    call: &Call,
    request: RemovePurchaseCriterionRequest,
) -> Result<RemovePurchaseCriterionResponse, Error> {
    let mut bad = Violations::default();
    let map: MapId = bad.name("name", &request.name);
    if !criterion::is_id(&request.criterion) {
        bad.add("criterion", criterion::ID_FORM);
    }
    bad.finish()?;
    let criterion = request.criterion.clone();
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, map, &request.etag).await?;
            delete(w, map, &criterion).await?;
            let mut after = before.clone();
            after.criteria.retain(|known| known.id != criterion);
            let gone = Target::Criterion(criterion);
            after
                .influences
                .retain(|influence| influence.target != gone);
            let after = commit(w, call, &before, after).await?;
            Ok::<_, Error>(RemovePurchaseCriterionResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(RemovePurchaseCriterionResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

/// The influences on the criterion go with the row.
async fn delete(connection: &mut PgConnection, map: MapId, criterion: &str) -> Result<(), Error> {
    let deleted = sqlx::query!(
        "delete from accounts.purchase_criterion where opportunity_id = $1 and id = $2",
        map.0,
        criterion
    )
    .execute(connection)
    .await?;
    match deleted.rows_affected() {
        0 => Err(Refusal::CriterionNotFound {
            map,
            criterion: criterion.to_owned(),
        }
        .into()),
        _ => Ok(()),
    }
}
