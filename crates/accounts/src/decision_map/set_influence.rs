//! Adds an influence of a stakeholder on another or on a criterion, or replaces it.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SetInfluenceRequest, SetInfluenceResponse};
use sqlx::PgConnection;

use super::criterion;
use super::influence::{self, Influence, Target};
use super::refusal::Refusal;
use super::store::{commit, lock};
use super::{DecisionMap, shown};
use crate::error::Error;
use crate::ids::{ContactId, MapId};
use crate::{Accounts, day};

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetInfluenceRequest,
) -> Result<SetInfluenceResponse, Error> {
    let (id, told) = read(&request, call.today())?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            let influence = place(&before, told)?;
            let after = match before.influences.contains(&influence) {
                true => before,
                false => replace(w, call, before, influence).await?,
            };
            Ok::<_, Error>(SetInfluenceResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(SetInfluenceResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

const DATED: &str = "influence.evidence_date";

fn read(request: &SetInfluenceRequest, today: Date) -> Result<(MapId, Influence), Error> {
    let mut bad = Violations::default();
    let sent = request.influence.clone().unwrap_or_default();
    let id = bad.name("name", &request.name);
    let from: ContactId = bad.name("influence.from", &sent.from);
    let target = read_target("influence.", &sent.to, &sent.criterion, &mut bad);
    if target == Target::Person(from) && !from.0.is_nil() {
        bad.add("influence.to", "must be another than influence.from");
    }
    bad.range("influence.strength", sent.strength.into(), 1..=100);
    let told = Influence {
        from,
        target,
        added_in: 0,
        strength: sent.strength,
        formal: sent.formal,
        evidence: bad.text("influence.evidence", &sent.evidence, 2000),
        evidence_date: day::past(DATED, sent.evidence_date, today, &mut bad).map(ToSqlx::to_sqlx),
    };
    bad.finish()?;
    Ok((id, told))
}

/// Whom or what the fields `to` and `criterion` after this prefix name.
pub fn read_target(prefix: &str, to: &str, criterion: &str, bad: &mut Violations) -> Target {
    if criterion.is_empty() {
        return Target::Person(bad.name(&format!("{prefix}to"), to));
    }
    let field = format!("{prefix}criterion");
    if !to.is_empty() {
        bad.add(&field, format!("must be empty when `{prefix}to` is set"));
    }
    if !criterion::is_id(criterion) {
        bad.add(&field, criterion::ID_FORM);
    }
    Target::Criterion(criterion.to_owned())
}

fn place(map: &DecisionMap, told: Influence) -> Result<Influence, Error> {
    check_stakeholder(map, told.from)?;
    match &told.target {
        Target::Person(to) => check_stakeholder(map, *to)?,
        Target::Criterion(id) => check_criterion(map, id)?,
    }
    let known = map
        .influences
        .iter()
        .find(|known| known.is_between(told.from, &told.target));
    if known.is_none() && map.influences.len() >= influence::AT_MOST {
        let mut bad = Violations::default();
        bad.add(
            "influence",
            format!("a map has at most {} influences", influence::AT_MOST),
        );
        bad.finish()?;
    }
    Ok(Influence {
        added_in: known.map_or(map.header.version + 1, |known| known.added_in),
        ..told
    })
}

fn check_stakeholder(map: &DecisionMap, contact: ContactId) -> Result<(), Error> {
    match map.stakeholder(contact) {
        Some(_) => Ok(()),
        None => Err(Error::StakeholderNotFound {
            map: map.name(),
            contact,
        }),
    }
}

fn check_criterion(map: &DecisionMap, id: &str) -> Result<(), Error> {
    match map.criterion(id) {
        Some(_) => Ok(()),
        None => Err(Refusal::CriterionNotFound {
            map: map.name(),
            criterion: id.to_owned(),
        }
        .into()),
    }
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
        .find(|known| known.is_between(influence.from, &influence.target))
    {
        Some(known) => *known = influence,
        None => after.influences.push(influence),
    }
    commit(w, call, &before, after).await
}

async fn upsert(
    connection: &mut PgConnection,
    map: MapId,
    influence: &Influence,
) -> Result<(), Error> {
    match &influence.target {
        Target::Person(to) => sqlx::query!(
            "insert into accounts.influence
               (tenant_id, opportunity_id, from_id, to_id, added_in, strength, formal, evidence, evidence_date)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (tenant_id, opportunity_id, from_id, to_id) do update
             set strength = excluded.strength, formal = excluded.formal, evidence = excluded.evidence,
                 evidence_date = excluded.evidence_date",
            map.0,
            influence.from.0,
            to.0,
            influence.added_in,
            influence.strength,
            influence.formal,
            influence.evidence,
            influence.evidence_date as _,
        )
        .execute(connection)
        .await?,
        Target::Criterion(id) => sqlx::query!(
            "insert into accounts.criterion_influence
               (tenant_id, opportunity_id, from_id, criterion_id, added_in, strength, formal, evidence,
                evidence_date)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (tenant_id, opportunity_id, from_id, criterion_id) do update
             set strength = excluded.strength, formal = excluded.formal, evidence = excluded.evidence,
                 evidence_date = excluded.evidence_date",
            map.0,
            influence.from.0,
            id,
            influence.added_in,
            influence.strength,
            influence.formal,
            influence.evidence,
            influence.evidence_date as _,
        )
        .execute(connection)
        .await?,
    };
    Ok(())
}
