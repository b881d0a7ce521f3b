//! Approvals that are asked for, one of a kind at a time.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalSubject};

use super::rules::{Seen, choose};
use super::{COLLECTION, row, save};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::exact::Share;
use crate::opportunity::Opportunity;
use crate::pricing::{self, figures};
use crate::terms::Amount;
use crate::{dossier, exchange, money};

/// Characters: a deal keeps all its approvals.
const MAX_NOTE: usize = 1000;

/// What is to be approved.
#[derive(Clone, Debug)]
pub struct Case {
    pub subject: ApprovalSubject,
    /// The name of the amendment; empty when it is none's.
    pub amendment: String,
    pub amount: Amount,
    /// None = unknown.
    pub discount: Option<Share>,
    pub note: String,
    /// Of which the margin at the amount follows.
    pub pricing: proto::Pricing,
}

/// Opens an approval by the rules in force.
///
/// # Errors
/// `APPROVAL_PENDING`; `INVALID_REQUEST` when the deal has too many.
pub async fn open(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    case: Case,
) -> Result<(proto::Approval, Opportunity), Error> {
    require_none_waiting(w, deal.id, case.subject).await?;
    let rules = row::in_force(w).await?;
    let rule = follow(w, call, &deal, &case, &rules).await?;
    let approval = proto::Approval {
        name: dossier::item_name(deal.id, COLLECTION, w.id()),
        subject: case.subject.into(),
        amendment: case.amendment,
        amount: money::shown(&case.amount.currency, case.amount.value),
        state: ApprovalState::Pending.into(),
        rules_version: rules.version,
        rule: rule.id,
        steps: rule.steps,
        current_step: 1,
        decisions: Vec::new(),
        requester: call.principal.subject.clone(),
        request_time: Some(wire::timestamp(call.now)),
        note: case.note.chars().take(MAX_NOTE).collect(),
        close_time: None,
    };
    let deal = save(w, call, deal, &approval, "").await?;
    Ok((approval, deal))
}

/// The rule that a case follows.
async fn follow(
    w: &mut Writer<'_>,
    call: &Call,
    deal: &Opportunity,
    case: &Case,
    rules: &proto::ApprovalRules,
) -> Result<proto::ApprovalRule, Error> {
    let today = call.today();
    let sheet = case.pricing.cost_sheet.as_ref();
    let of_sheet = sheet.and_then(|sheet| wire::read_date(sheet.rate_date.as_ref()?).ok());
    let day = of_sheet.unwrap_or(today);
    let currency =
        pricing::currency(deal, &case.pricing).unwrap_or_else(|| case.amount.currency.clone());
    let thresholds = rules
        .rules
        .iter()
        .filter_map(|rule| rule.min_amount.as_ref());
    let sums = figures::sums(&case.pricing)
        .into_iter()
        .map(|it| it.currency);
    let currencies: Vec<String> = thresholds
        .map(|money| money.currency_code.clone())
        .chain(sums)
        .chain([currency.clone(), case.amount.currency.clone()])
        .collect();
    let rates = exchange::load(w, &currencies, (day.min(today), day.max(today))).await?;
    let figures = figures::compute(&case.pricing, Some(currency), day, &rates);
    let seen = Seen {
        subject: case.subject,
        amount: case.amount.clone(),
        margin: figures.margin_at(&case.amount, &rates),
        discount: case.discount,
        rates: &rates,
        day: today,
    };
    let rule = choose(&rules.rules, &seen);
    // Rules without one for every case are not stored.
    Ok(rule
        .cloned()
        .ok_or_else(|| Fault::internal("no rule of approvals fits"))?)
}

/// Refuses what is asked for beside something of its kind that waits: whoever may ask for any
/// number at once finds floor and margin by which of them need whom.
///
/// # Errors
/// `APPROVAL_PENDING` with the one that waits.
pub async fn require_none_waiting(
    w: &mut Writer<'_>,
    deal: OpportunityId,
    subject: ApprovalSubject,
) -> Result<(), Error> {
    let proto::Approvals { approvals } = dossier::load(w, deal).await?;
    let waits =
        |it: &proto::Approval| it.subject() == subject && it.state() == ApprovalState::Pending;
    match approvals.into_iter().find(waits) {
        None => Ok(()),
        Some(waiting) => Err(Error::ApprovalPending(waiting.name)),
    }
}
