//! Deals go along with what was told of them.

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::known::Deals;
use super::row;
use super::told::Told;
use crate::error::Error;
use crate::opportunity::{self, Opportunity};
use crate::stage::{Move, decide};
use crate::stage_move::carry::{Carried, carry};
use crate::terms::Amount;
use crate::update::record;

/// By deal.
type Amounts = BTreeMap<Uuid, Option<Amount>>;

/// Deals go along by what is ahead of them: the first of each together, then the second of each.
/// Each of those that were `touched` is worth what was said last of it.
pub(super) async fn go_along(
    call: &Call,
    w: &mut Writer<'_>,
    deals: &mut Deals,
    mut ahead: BTreeMap<Uuid, Vec<&Told>>,
    touched: &[Uuid],
) -> Result<(), Error> {
    let amounts = row::said_last(w, touched).await?;
    for queue in ahead.values_mut() {
        queue.reverse();
    }
    loop {
        let next: Vec<&Told> = ahead.values_mut().filter_map(Vec::pop).collect();
        if next.is_empty() {
            break;
        }
        let steps = next.iter().map(|told| step(told, deals, &amounts, call));
        let round: Result<Vec<Carried<'_>>, Error> = steps.collect();
        let who = (call.principal.subject.as_str(), call.now);
        let after = carry(w, round?, who).await?;
        for deal in after {
            let key = deal.terms.external_key.clone();
            if let Some(known) = key.and_then(|key| deals.get_mut(&key)) {
                known.deal = deal;
            }
        }
    }
    value(call, w, deals, &amounts).await
}

fn step<'t>(
    told: &'t Told,
    deals: &Deals,
    amounts: &Amounts,
    call: &Call,
) -> Result<Carried<'t>, Error> {
    let known = deals
        .get(&told.first_key)
        .ok_or_else(|| Fault::internal("a deal that was there"))?;
    let stage = told.stage_in(&known.process)?;
    let step = Move::CarryOn {
        from: &known.deal.standing,
        position: stage.position,
        status: told.status,
        at: told.at,
    };
    let moved = decide(known.process.track(), step, call.now)
        .map_err(|blocked| Fault::internal(format!("an imported deal is {blocked:?}")))?;
    Ok(Carried {
        before: known.deal.clone(),
        process: known.process.clone(),
        moved,
        at: told.at,
        event: &told.event,
        amount: worth(&known.deal, amounts),
    })
}

/// What was said last; what it is worth already where nothing was said.
fn worth(deal: &Opportunity, amounts: &Amounts) -> Option<Amount> {
    let said = amounts.get(&deal.id.0);
    said.unwrap_or(&deal.terms.amount).clone()
}

/// Those that were not moved are worth what was said last, too.
async fn value(
    call: &Call,
    w: &mut Writer<'_>,
    deals: &Deals,
    amounts: &Amounts,
) -> Result<(), Error> {
    let mut changed: Vec<(&Opportunity, Opportunity)> = deals
        .values()
        .map(|known| (&known.deal, worth(&known.deal, amounts)))
        .filter(|(deal, amount)| deal.terms.amount != *amount)
        .map(|(deal, amount)| (deal, valued(deal, amount, call)))
        .collect();
    changed.sort_by_key(|(before, _)| before.id.0);
    let after: Vec<&Opportunity> = changed.iter().map(|(_, after)| after).collect();
    opportunity::save(w, &after).await?;
    for (before, after) in &changed {
        record(w, before, after);
    }
    Ok(())
}

fn valued(deal: &Opportunity, amount: Option<Amount>, call: &Call) -> Opportunity {
    let mut after = deal.clone();
    after.terms.amount = amount;
    after.touch(call.now);
    after
}
