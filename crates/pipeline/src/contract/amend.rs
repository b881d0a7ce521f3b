//! `CreateContractAmendment`: what is signed changes only by an amendment with an approval of its own.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalSubject, ContractState};
use rust_decimal::Decimal;

use super::submit::discount;
use super::{AMENDMENTS, check_state, event};
use crate::approval::open::{self, Case};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, Bounds, Least, PRICE};
use crate::terms::Amount;
use crate::{Pipeline, dossier, opportunity};

const MAX_TEXT: usize = 8000;
const MAX_AMENDMENTS: usize = 100;
const CHANGE: Bounds = Bounds {
    least: Least::Negative,
    ..PRICE
};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateContractAmendmentRequest,
) -> Result<proto::CreateContractAmendmentResponse, Error> {
    let (id, news) = read(&request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let contract: proto::Contract = dossier::load(w, id).await?;
        check_state(&id.to_string(), contract.state(), &[ContractState::Signed])?;
        let amount = amount_with(&contract, &news)?;
        let mut amendment = proto::ContractAmendment {
            name: dossier::item_name(id, AMENDMENTS, w.id()),
            state: ContractState::InApproval.into(),
            ..news
        };
        let case = Case {
            subject: ApprovalSubject::Contract,
            amendment: amendment.name.clone(),
            discount: discount(&contract, &amount),
            amount,
            note: amendment.text.clone(),
            pricing: dossier::load(w, id).await?,
        };
        let (approval, deal) = open::open(w, call, deal, case).await?;
        amendment.approval = approval.name;
        let set = |_: &_, part: &mut proto::Contract| {
            part.amendments.push(amendment.clone());
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        Ok(proto::CreateContractAmendmentResponse {
            amendment: Some(amendment),
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    request: &proto::CreateContractAmendmentRequest,
) -> Result<(OpportunityId, proto::ContractAmendment), Error> {
    let news = request.amendment.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("parent", &request.parent);
    let text = bad.required_text("amendment.text", &news.text, MAX_TEXT);
    let field = "amendment.amount_change";
    money::amount(&mut bad, field, news.amount_change.as_ref(), CHANGE);
    if news.effective_date.is_none() {
        bad.add("amendment.effective_date", "must be given");
    }
    bad.day("amendment.effective_date", news.effective_date);
    bad.finish()?;
    let read = proto::ContractAmendment {
        text,
        amount_change: news.amount_change,
        effective_date: news.effective_date,
        ..Default::default()
    };
    Ok((id, read))
}

/// What amendments add that are not signed yet: many small ones are judged as the large one that
/// they make.
fn under_way(contract: &proto::Contract) -> Decimal {
    let is_open = |it: &&proto::ContractAmendment| {
        matches!(
            it.state(),
            ContractState::InApproval | ContractState::Approved
        )
    };
    let open = contract.amendments.iter().filter(is_open);
    let changes = open.filter_map(|it| money::stored(it.amount_change.as_ref()));
    changes.map(|it| it.value.max(Decimal::ZERO)).sum()
}

/// What the contract is worth with it, and with those before it.
fn amount_with(
    contract: &proto::Contract,
    news: &proto::ContractAmendment,
) -> Result<Amount, Error> {
    let mut bad = Violations::default();
    if contract.amendments.len() >= MAX_AMENDMENTS {
        bad.add("parent", format!("has {MAX_AMENDMENTS} amendments already"));
    }
    let before = money::stored(contract.amended_amount.as_ref());
    let before = before.ok_or_else(|| Fault::internal("a signed contract without amount"))?;
    let field = "amendment.amount_change";
    let change = money::stored(news.amount_change.as_ref());
    if change
        .as_ref()
        .is_some_and(|it| it.currency != before.currency)
    {
        bad.add(field, "must be in the currency of the contract");
    }
    let value = before.value + change.map(|it| it.value).unwrap_or_default() + under_way(contract);
    if value <= Decimal::ZERO || value > Decimal::from(PRICE.most) {
        bad.add(
            field,
            "must leave a contract of more than nothing, at most 10^15",
        );
    }
    bad.finish()?;
    Ok(Amount { value, ..before })
}
