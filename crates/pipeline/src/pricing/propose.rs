//! `ProposePrice`: below the floor it waits for approval.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalSubject, PriceRank, PriceState};

use super::{event, figures};
use crate::approval::open::{self, Case};
use crate::error::Error;
use crate::exchange;
use crate::ids::OpportunityId;
use crate::money::{self, PRICE};
use crate::opportunity::{self, Opportunity};
use crate::terms::Amount;
use crate::{Pipeline, dossier, pursuit};

const MAX_REASONING: usize = 4000;

pub async fn propose(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ProposePriceRequest,
) -> Result<proto::ProposePriceResponse, Error> {
    let (id, proposal, price) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        open::require_none_waiting(w, id, ApprovalSubject::Price).await?;
        if request.validate_only && !call.reveals {
            // Nothing that depends on the floor, the number of events included.
            return Ok(answer(proposal.clone(), deal.to_proto()));
        }
        let before: proto::Pricing = dossier::load(w, id).await?;
        let (mut proposal, mut deal) = (proposal.clone(), deal);
        proposal.set_state(PriceState::Approved);
        if is_below(w, call, &before, &price).await? {
            let after = proto::Pricing {
                proposal: Some(proposal.clone()),
                ..before
            };
            let (approval, now) = open::open(w, call, deal, case(&after, &price)).await?;
            proposal.set_state(state(approval.state()));
            proposal.approval = approval.name;
            deal = now;
        }
        let set = |_: &_, part: &mut proto::Pricing| {
            part.proposal = Some(proposal.clone());
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        pursuit::refresh(w, call, &changed.deal).await?;
        Ok(answer(proposal, changed.deal.to_proto()))
    };
    pipeline.mutations.run(call, &request, work).await
}

fn answer(
    proposal: proto::PriceProposal,
    opportunity: proto::Opportunity,
) -> proto::ProposePriceResponse {
    proto::ProposePriceResponse {
        proposal: Some(proposal),
        opportunity: Some(opportunity),
    }
}

fn read(
    call: &Call,
    request: &proto::ProposePriceRequest,
) -> Result<(OpportunityId, proto::PriceProposal, Amount), Error> {
    let news = request.proposal.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let price = money::required_amount(&mut bad, "proposal.price", news.price.as_ref(), PRICE);
    let field = "proposal.list_price";
    let list = money::amount(&mut bad, field, news.list_price.as_ref(), PRICE);
    if let (Some(price), Some(list)) = (&price, &list)
        && price.currency != list.currency
    {
        bad.add(field, "must be in the currency of the price");
    }
    let rank: PriceRank = bad.optional_enum("proposal.rank", news.rank);
    let proposal = proto::PriceProposal {
        rank: rank.into(),
        reasoning: bad.text("proposal.reasoning", &news.reasoning, MAX_REASONING),
        state: PriceState::Unspecified.into(),
        approval: String::new(),
        proposer: call.principal.subject.clone(),
        propose_time: Some(wire::timestamp(call.now)),
        ..news
    };
    bad.finish()?;
    let nothing = || Amount {
        currency: String::new(),
        value: rust_decimal::Decimal::ZERO,
    };
    Ok((id, proposal, price.unwrap_or_else(nothing)))
}

/// Whether a price is below the floor, without rounding; nothing is below none. Where that cannot be
/// said, it is for who may not see the floor: why not would tell of it.
async fn is_below(
    w: &mut Writer<'_>,
    call: &Call,
    pricing: &proto::Pricing,
    price: &Amount,
) -> Result<bool, Error> {
    let floor = pricing.floor.as_ref().and_then(|it| it.amount.as_ref());
    let Some(floor) = money::stored(floor) else {
        return Ok(false);
    };
    let sheet = pricing.cost_sheet.as_ref();
    let day = sheet.and_then(|sheet| wire::read_date(sheet.rate_date.as_ref()?).ok());
    let day = day.unwrap_or_else(|| call.today());
    let pair = [floor.currency.clone(), price.currency.clone()];
    let rates = exchange::load(w, &pair, (day, day)).await?;
    match rates.compare(&floor, price, day) {
        Ok(found) => Ok(found.is_gt()),
        Err(_) if !call.reveals => Ok(true),
        Err(why) => Err(why.into()),
    }
}

fn case(pricing: &proto::Pricing, price: &Amount) -> Case {
    let proposal = pricing.proposal.as_ref();
    let list = proposal.and_then(|it| money::stored(it.list_price.as_ref()));
    let note = proposal.map(|it| it.reasoning.clone());
    Case {
        subject: ApprovalSubject::Price,
        amendment: String::new(),
        amount: price.clone(),
        discount: figures::discount(Some(price), list.as_ref()),
        note: note.unwrap_or_default(),
        pricing: pricing.clone(),
    }
}

fn state(state: ApprovalState) -> PriceState {
    match state {
        ApprovalState::Approved => PriceState::Approved,
        ApprovalState::Pending => PriceState::PendingApproval,
        _ => PriceState::Returned,
    }
}

/// Takes over how the approval of the proposed price ended.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    approval: &proto::Approval,
) -> Result<Opportunity, Error> {
    let set = |_: &_, part: &mut proto::Pricing| {
        let proposal = part.proposal.as_mut();
        if let Some(proposal) = proposal.filter(|it| it.approval == approval.name) {
            proposal.set_state(state(approval.state()));
        }
        Ok(())
    };
    Ok(dossier::change(w, call, deal, set, event).await?.deal)
}
