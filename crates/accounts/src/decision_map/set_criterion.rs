//! Adds a purchase criterion, or changes its words.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SetPurchaseCriterionRequest, SetPurchaseCriterionResponse};
use sqlx::PgConnection;

use super::criterion::{self, Criterion};
use super::store::{commit, lock};
use super::{DecisionMap, shown};
use crate::Accounts;
use crate::error::Error;
use crate::ids::MapId;

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetPurchaseCriterionRequest,
) -> Result<SetPurchaseCriterionResponse, Error> {
    let (id, told) = read(&request)?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            let criterion = place(&before, told)?;
            let after = match before.criteria.contains(&criterion) {
                true => before,
                false => replace(w, call, before, criterion).await?,
            };
            Ok::<_, Error>(SetPurchaseCriterionResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(SetPurchaseCriterionResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

fn read(request: &SetPurchaseCriterionRequest) -> Result<(MapId, Criterion), Error> {
    let mut bad = Violations::default();
    let sent = request.criterion.clone().unwrap_or_default();
    let id = bad.name("name", &request.name);
    if !criterion::is_id(&sent.id) {
        bad.add("criterion.id", criterion::ID_FORM);
    }
    let told = Criterion {
        display_name: bad.name_text("criterion.display_name", &sent.display_name, 200),
        id: sent.id,
        added_in: 0,
    };
    bad.finish()?;
    Ok((id, told))
}

fn place(map: &DecisionMap, told: Criterion) -> Result<Criterion, Error> {
    let known = map.criterion(&told.id);
    if known.is_none() && map.criteria.len() >= criterion::AT_MOST {
        let mut bad = Violations::default();
        bad.add(
            "criterion.id",
            format!("a map has at most {} purchase criteria", criterion::AT_MOST),
        );
        bad.finish()?;
    }
    Ok(Criterion {
        added_in: known.map_or(map.header.version + 1, |known| known.added_in),
        ..told
    })
}

async fn replace(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
    criterion: Criterion,
) -> Result<DecisionMap, Error> {
    upsert(w, before.name(), &criterion).await?;
    let mut after = before.clone();
    match after
        .criteria
        .iter_mut()
        .find(|known| known.id == criterion.id)
    {
        Some(known) => *known = criterion,
        None => after.criteria.push(criterion),
    }
    commit(w, call, &before, after).await
}

async fn upsert(
    connection: &mut PgConnection,
    map: MapId,
    criterion: &Criterion,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.purchase_criterion (tenant_id, opportunity_id, id, display_name, added_in)
         values (events.tenant_id(), $1, $2, $3, $4)
         on conflict (tenant_id, opportunity_id, id) do update set display_name = excluded.display_name",
        map.0,
        criterion.id,
        criterion.display_name,
        criterion.added_in,
    )
    .execute(connection)
    .await?;
    Ok(())
}
