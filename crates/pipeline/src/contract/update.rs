//! `UpdateContract`: its terms, while nobody approves them and nobody signed.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ContractState;
use rust_decimal::Decimal;

use super::{APPROVED, amended, check_state, event};
use crate::error::Error;
use crate::file_reference;
use crate::ids::OpportunityId;
use crate::money::{self, Least, Limits, PRICE, SHARE};
use crate::{Pipeline, dossier, mask, opportunity, record_evidence};

const ALLOWED: &[&str] = &[
    "number",
    "parties",
    "amount",
    "payment_terms",
    "delivery_terms",
    "warranty_months",
    "penalties",
    "valid_from_date",
    "valid_until_date",
    "documents",
    "list_price",
];
const CHANGEABLE: &[ContractState] = &[
    ContractState::Unspecified,
    ContractState::Draft,
    ContractState::Returned,
    ContractState::Approved,
];
const MAX_NUMBER: usize = 100;
const MAX_PARTIES: usize = 2000;
const MAX_TEXT: usize = 4000;
const MAX_TERMS: usize = 50;
const MAX_CONDITION: usize = 400;
const MAX_DUE: usize = 200;
const MAX_DOCUMENTS: usize = 100;
const MAX_WARRANTY: i64 = 600;
const PART: Limits = Limits {
    least: Least::AboveZero,
    ..SHARE
};

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateContractRequest,
) -> Result<proto::UpdateContractResponse, Error> {
    let (id, news) = read(request.contract.clone().unwrap_or_default())?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before: proto::Contract = dossier::load(w, id).await?;
        check_state(&id.to_string(), before.state(), CHANGEABLE)?;
        let masked = mask::apply(&before, &news, request.update_mask.as_ref(), ALLOWED)?;
        check_whole(&masked)?;
        let set = |_: &_, part: &mut proto::Contract| {
            if masked != before {
                *part = masked;
                part.name = id.to_string();
                part.set_state(ContractState::Draft);
                part.amended_amount = amended(part);
            }
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        let is_reopened = changed.before.state() == ContractState::Approved
            && changed.after.state() == ContractState::Draft;
        let deal = match is_reopened {
            true => record_evidence::take_back(w, call, changed.deal, APPROVED).await?,
            false => changed.deal,
        };
        Ok(proto::UpdateContractResponse {
            contract: Some(changed.after),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// What each field says for itself.
fn read(mut news: proto::Contract) -> Result<(OpportunityId, proto::Contract), Error> {
    let mut bad = Violations::default();
    let id = bad.name("contract.name", &news.name);
    news.number = bad.line("contract.number", &news.number, MAX_NUMBER);
    news.parties = bad.text("contract.parties", &news.parties, MAX_PARTIES);
    money::amount(&mut bad, "contract.amount", news.amount.as_ref(), PRICE);
    payment_terms(&mut bad, &mut news.payment_terms);
    news.delivery_terms = bad.text("contract.delivery_terms", &news.delivery_terms, MAX_TEXT);
    let months = news.warranty_months.unwrap_or_default();
    bad.range("contract.warranty_months", months.into(), 0..=MAX_WARRANTY);
    news.penalties = bad.text("contract.penalties", &news.penalties, MAX_TEXT);
    bad.day("contract.valid_from_date", news.valid_from_date);
    bad.day("contract.valid_until_date", news.valid_until_date);
    if news.documents.len() > MAX_DOCUMENTS {
        bad.add(
            "contract.documents",
            format!("must be at most {MAX_DOCUMENTS}"),
        );
    }
    for (n, document) in news.documents.iter().take(MAX_DOCUMENTS).enumerate() {
        file_reference::check(&mut bad, &format!("contract.documents[{n}]"), document);
    }
    money::amount(
        &mut bad,
        "contract.list_price",
        news.list_price.as_ref(),
        PRICE,
    );
    bad.finish()?;
    Ok((id, news))
}

fn payment_terms(bad: &mut Violations, terms: &mut [proto::PaymentTerm]) {
    if terms.len() > MAX_TERMS {
        bad.add(
            "contract.payment_terms",
            format!("must be at most {MAX_TERMS}"),
        );
        return;
    }
    let mut sum = Some(Decimal::ZERO);
    for (n, term) in terms.iter_mut().enumerate() {
        let at = format!("contract.payment_terms[{n}]");
        let percent = money::required_decimal(bad, &format!("{at}.percent"), &term.percent, PART);
        sum = sum.zip(percent).map(|(sum, percent)| sum + percent);
        term.percent = percent.map(|it| it.to_string()).unwrap_or_default();
        term.condition =
            bad.required_text(&format!("{at}.condition"), &term.condition, MAX_CONDITION);
        term.due = bad.text(&format!("{at}.due"), &term.due, MAX_DUE);
        bad.day(&format!("{at}.due_date"), term.due_date);
    }
    if !terms.is_empty() && sum.is_some_and(|sum| sum != Decimal::ONE_HUNDRED) {
        bad.add("contract.payment_terms", "must be 100 percent in all");
    }
}

/// What fields say of one another, those that were stored before among them.
fn check_whole(contract: &proto::Contract) -> Result<(), Error> {
    let mut bad = Violations::default();
    let amount = contract.amount.as_ref().map(|it| &it.currency_code);
    let list = contract.list_price.as_ref().map(|it| &it.currency_code);
    if amount
        .zip(list)
        .is_some_and(|(amount, list)| amount != list)
    {
        bad.add(
            "contract.list_price",
            "must be in the currency of the amount",
        );
    }
    let day = |date: Option<keynode_proto::google::r#type::Date>| {
        date.and_then(|date| wire::read_date(&date).ok())
    };
    let span = day(contract.valid_from_date).zip(day(contract.valid_until_date));
    if span.is_some_and(|(first, last)| last < first) {
        bad.add(
            "contract.valid_until_date",
            "must not be before the first day",
        );
    }
    Ok(bad.finish()?)
}
