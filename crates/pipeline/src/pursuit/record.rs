//! `CreatePursuitCost`, `UpdatePursuitCost`, `DeletePursuitCost`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::{currency, wire};
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PursuitCategory;

use super::{COLLECTION, assess};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, COST, Least, Limits};
use crate::opportunity::{self, Opportunity};
use crate::{Pipeline, activity, dossier, mask, past};

const MAX_COSTS: usize = 2000;
const MAX_STAGE: usize = 64;
const MAX_NOTE: usize = 500;
const MAX_REASON: usize = 2000;
const HOURS: Limits = Limits {
    least: Least::AboveZero,
    most: 10_000,
    digits: 2,
};
const ALLOWED: &[&str] = &[
    "date",
    "stage",
    "category",
    "amount",
    "hours",
    "hourly_rate",
    "note",
    "activity",
];

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreatePursuitCostRequest,
) -> Result<proto::CreatePursuitCostResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let read = check(&mut bad, call, request.cost.clone().unwrap_or_default());
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let mut cost = proto::PursuitCost {
            name: dossier::item_name(id, COLLECTION, w.id()),
            recorder: call.principal.subject.clone(),
            record_time: Some(wire::timestamp(call.now)),
            ..read
        };
        if cost.stage.is_empty() {
            cost.stage = deal.stage.clone();
        }
        check_links(w, pipeline, call, &deal, &cost).await?;
        let deal = save(w, call, deal, (&cost.name, Some(&cost)), "").await?;
        Ok(proto::CreatePursuitCostResponse {
            cost: Some(cost),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdatePursuitCostRequest,
) -> Result<proto::UpdatePursuitCostResponse, Error> {
    let news = request.cost.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "cost.name", &news.name, COLLECTION);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before = find(w, id, &news.name).await?;
        let mut after = mask::apply(&before, &news, request.update_mask.as_ref(), ALLOWED)?;
        let is_worked = !after.hours.is_empty() && after.hourly_rate.is_some();
        if is_worked && after.amount == before.amount {
            // It follows from hours and rate unless the caller names it.
            after.amount = None;
        }
        if after.stage.is_empty() {
            after.stage = before.stage.clone();
        }
        let mut bad = Violations::default();
        let after = check(&mut bad, call, after);
        bad.finish()?;
        check_links(w, pipeline, call, &deal, &after).await?;
        let deal = save(w, call, deal, (&news.name, Some(&after)), "").await?;
        Ok(proto::UpdatePursuitCostResponse {
            cost: Some(after),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeletePursuitCostRequest,
) -> Result<proto::DeletePursuitCostResponse, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", &request.name, COLLECTION);
    let reason = bad.required_text("reason", &request.reason, MAX_REASON);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        find(w, id, &request.name).await?;
        let deal = save(w, call, deal, (&request.name, None), &reason).await?;
        Ok(proto::DeletePursuitCostResponse {
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

async fn find(
    w: &mut Writer<'_>,
    deal: OpportunityId,
    name: &str,
) -> Result<proto::PursuitCost, Error> {
    let part: proto::PursuitCosts = dossier::load(w, deal).await?;
    let mut costs = part.costs.into_iter();
    let found = costs.find(|cost| cost.name == name);
    found.ok_or_else(|| Error::PursuitCostNotFound(name.to_owned()))
}

/// Stores an entry, or that there is none any more, with what the spend means then.
async fn save(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    (name, after): (&str, Option<&proto::PursuitCost>),
    reason: &str,
) -> Result<Opportunity, Error> {
    let mut part: proto::PursuitCosts = dossier::load(w, deal.id).await?;
    let place = part.costs.iter().position(|cost| cost.name == name);
    let before = place.and_then(|place| part.costs.get(place).cloned());
    match (place, after) {
        (Some(place), Some(after)) => {
            part.costs.splice(place..=place, [after.clone()]);
        }
        (Some(place), None) => {
            part.costs.remove(place);
        }
        (None, Some(after)) => {
            check_room(&part)?;
            part.costs.push(after.clone());
        }
        (None, None) => {}
    }
    part.set_alarm(assess(w, &deal, &part.costs, call.today()).await?.alarm);
    let set = |_: &_, stored: &mut proto::PursuitCosts| {
        *stored = part;
        Ok(())
    };
    let event = |_: &_, now: &proto::PursuitCosts, opportunity| proto::PursuitCostsChanged {
        before: before.clone(),
        after: after.cloned(),
        alarm: now.alarm,
        opportunity: Some(opportunity),
        reason: reason.to_owned(),
    };
    Ok(dossier::change(w, call, deal, set, event).await?.deal)
}

fn check_room(part: &proto::PursuitCosts) -> Result<(), Error> {
    let mut bad = Violations::default();
    if part.costs.len() >= MAX_COSTS {
        bad.add("parent", format!("has {MAX_COSTS} entries already"));
    }
    Ok(bad.finish()?)
}

/// What an entry says, with the amount that follows from hours and rate.
fn check(bad: &mut Violations, call: &Call, mut cost: proto::PursuitCost) -> proto::PursuitCost {
    if cost.date.is_none() {
        bad.add("cost.date", "must be given");
    }
    let day = bad.date("cost.date", cost.date);
    past::day(bad, "cost.date", day, call.now);
    cost.stage = bad.line("cost.stage", &cost.stage, MAX_STAGE);
    let _: PursuitCategory = bad.required_enum("cost.category", cost.category);
    cost.note = bad.text("cost.note", &cost.note, MAX_NOTE);
    let hours = money::decimal(bad, "cost.hours", &cost.hours, HOURS);
    let rate = money::amount(bad, "cost.hourly_rate", cost.hourly_rate.as_ref(), COST);
    if cost.hours.is_empty() != cost.hourly_rate.is_none() {
        bad.add("cost.hours", "must go with hourly_rate");
    }
    money::amount(bad, "cost.amount", cost.amount.as_ref(), COST);
    let worked = hours.zip(rate).and_then(|(hours, rate)| {
        let value = hours.checked_mul(rate.value)?;
        money::shown(&rate.currency, currency::round(&rate.currency, value))
    });
    check_amount(bad, &cost, worked.as_ref());
    cost.hours = hours.map(|it| it.to_string()).unwrap_or_default();
    cost.amount = worked.or(cost.amount);
    cost
}

fn check_amount(bad: &mut Violations, cost: &proto::PursuitCost, worked: Option<&Money>) {
    match (&cost.amount, worked) {
        (None, None) if cost.hours.is_empty() => bad.add("cost.amount", "must be given"),
        (Some(given), Some(worked)) if given != worked => {
            bad.add("cost.amount", "must be hours times rate, or unset");
        }
        _ => {}
    }
    let field = match cost.amount {
        Some(_) => return,
        None => "cost.hours",
    };
    money::amount(bad, field, worked, COST);
}

/// What it names is there.
async fn check_links(
    w: &mut Writer<'_>,
    pipeline: &Pipeline,
    call: &Call,
    deal: &Opportunity,
    cost: &proto::PursuitCost,
) -> Result<(), Error> {
    let process = pipeline.process_of(w, call, deal).await?;
    if process.stage(&cost.stage).is_none() {
        return Err(Error::StageNotFound {
            process: process.name(),
            stage: cost.stage.clone(),
        });
    }
    activity::require(w, deal.id, &cost.activity).await
}
