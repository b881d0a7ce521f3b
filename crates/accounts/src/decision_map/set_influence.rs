//! Adds an influence between two stakeholders, or replaces it.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SetInfluenceRequest, SetInfluenceResponse};
use sqlx::PgConnection;

use super::influence::Influence;
use super::{DecisionMap, commit, lock};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{ContactId, MapId};

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetInfluenceRequest,
) -> Result<SetInfluenceResponse, Error> {
    let (id, told) = read(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            let influence = place(&before, told)?;
            let after = match before.influences.contains(&influence) {
                true => before,
                false => replace(w, call, before, influence).await?,
            };
            Ok(SetInfluenceResponse {
                decision_map: Some(after.to_proto()),
            })
        })
        .await
}

fn read(request: &SetInfluenceRequest) -> Result<(MapId, Influence), Error> {
    let mut bad = Violations::default();
    let sent = request.influence.clone().unwrap_or_default();
    let id = bad.name("name", &request.name);
    let from: ContactId = bad.name("influence.from", &sent.from);
    let to: ContactId = bad.name("influence.to", &sent.to);
    if from == to && !from.0.is_nil() {
        bad.add("influence.to", "must be another than influence.from");
    }
    bad.range("influence.strength", sent.strength.into(), 1..=100);
    let told = Influence {
        from_id: from.0,
        to_id: to.0,
        added_in: 0,
        strength: sent.strength,
        formal: sent.formal,
        evidence: bad.text("influence.evidence", &sent.evidence, 2000),
    };
    bad.finish()?;
    Ok((id, told))
}

fn place(map: &DecisionMap, told: Influence) -> Result<Influence, Error> {
    for contact in [told.from(), told.to()] {
        if !map
            .stakeholders
            .iter()
            .any(|person| person.name() == contact)
        {
            return Err(Error::StakeholderNotFound {
                map: map.name(),
                contact,
            });
        }
    }
    let known = map
        .influences
        .iter()
        .find(|known| known.is_between(told.from(), told.to()));
    Ok(Influence {
        added_in: known.map_or(map.header.version + 1, |known| known.added_in),
        ..told
    })
}

async fn replace(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
    influence: Influence,
) -> Result<DecisionMap, Error> {
    upsert(w, before.name(), &influence).await?;
    let mut after = before.clone();
    match after
        .influences
        .iter_mut()
        .find(|known| known.is_between(influence.from(), influence.to()))
    {
        Some(known) => *known = influence,
        None => after.influences.push(influence),
    }
    commit(w, &before, after.next(call.now)).await
}

async fn upsert(
    connection: &mut PgConnection,
    map: MapId,
    influence: &Influence,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.influence
           (tenant_id, opportunity_id, from_id, to_id, added_in, strength, formal, evidence)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, opportunity_id, from_id, to_id) do update
         set strength = excluded.strength, formal = excluded.formal, evidence = excluded.evidence",
        map.0,
        influence.from_id,
        influence.to_id,
        influence.added_in,
        influence.strength,
        influence.formal,
        influence.evidence,
    )
    .execute(connection)
    .await?;
    Ok(())
}
