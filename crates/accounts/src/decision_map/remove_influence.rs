//! Takes an influence out of the map.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{RemoveInfluenceRequest, RemoveInfluenceResponse};
use sqlx::PgConnection;

use super::influence::Target;
use super::refusal::Refusal;
use super::set_influence::read_target;
use super::shown;
use super::store::{commit, lock};
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
    let target = read_target("", &request.to, &request.criterion, &mut bad);
    bad.finish()?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, map, &request.etag).await?;
            delete(w, map, from, &target).await?;
            let mut after = before.clone();
            after
                .influences
                .retain(|influence| !influence.is_between(from, &target));
            let after = commit(w, call, &before, after).await?;
            Ok::<_, Error>(RemoveInfluenceResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(RemoveInfluenceResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

async fn delete(
    connection: &mut PgConnection,
    map: MapId,
    from: ContactId,
    target: &Target,
) -> Result<(), Error> {
    let deleted = match target {
        Target::Person(to) => sqlx::query!(
            "delete from accounts.influence where opportunity_id = $1 and from_id = $2 and to_id = $3",
            map.0,
            from.0,
            to.0
        )
        .execute(connection)
        .await?,
        Target::Criterion(id) => sqlx::query!(
            "delete from accounts.criterion_influence
             where opportunity_id = $1 and from_id = $2 and criterion_id = $3",
            map.0,
            from.0,
            id
        )
        .execute(connection)
        .await?,
    };
    match deleted.rows_affected() {
        0 => Err(not_found(map, from, target)),
        _ => Ok(()),
    }
}

fn not_found(map: MapId, from: ContactId, target: &Target) -> Error {
    match target {
        Target::Person(to) => Error::InfluenceNotFound { map, from, to: *to },
        Target::Criterion(id) => Refusal::CriterionInfluenceNotFound {
            map,
            from,
            criterion: id.clone(),
        }
        .into(),
    }
}
