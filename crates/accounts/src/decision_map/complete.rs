//! Declares that a map names every key person: their weights total 100 (R21).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CompleteDecisionMapRequest, CompleteDecisionMapResponse};

use super::stakeholder::Stakeholder;
use super::store::{commit, lock};
use super::{DecisionMap, WHOLE, shown};
use crate::Accounts;
use crate::error::Error;
use crate::ids::MapId;

pub async fn complete(
    service: &Accounts,
    call: &Call,
    request: CompleteDecisionMapRequest,
) -> Result<CompleteDecisionMapResponse, Error> {
    let mut bad = Violations::default();
    let id: MapId = bad.name("name", &request.name);
    bad.finish()?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            check(&before)?;
            let after = match before.header.complete {
                true => before,
                false => declare(w, call, before).await?,
            };
            Ok::<_, Error>(CompleteDecisionMapResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(CompleteDecisionMapResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

fn check(map: &DecisionMap) -> Result<(), Error> {
    let total = map.total_weight();
    if total == WHOLE {
        return Ok(());
    }
    let weightless = map
        .stakeholders
        .iter()
        .filter(|person| person.weight.is_none());
    let unknown = weightless.map(Stakeholder::name).collect();
    Err(Error::WeightsIncomplete {
        map: map.name(),
        total,
        unknown,
    })
}

async fn declare(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
) -> Result<DecisionMap, Error> {
    let mut after = before.clone();
    after.header.complete = true;
    commit(w, call, &before, after).await
}
