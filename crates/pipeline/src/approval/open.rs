//! Approvals that are asked for, and taken back because something else is asked for.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalSubject};
use rust_decimal::Decimal;

use super::rules::{Seen, choose};
use super::{COLLECTION, row, save, seat};
use crate::error::Error;
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
    pub discount_percent: Option<Decimal>,
    pub note: String,
    /// Of which the margin at the amount follows.
    pub pricing: proto::Pricing,
}

/// Opens an approval by the rules in force.
///
/// # Errors
/// `INVALID_REQUEST` when the deal has too many.
pub async fn open(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    case: Case,
) -> Result<(proto::Approval, Opportunity), Error> {
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
        margin_percent: figures.margin_percent_at(&case.amount, &rates),
        discount_percent: case.discount_percent,
        rates: &rates,
        day: today,
    };
    let rule = choose(&rules.rules, &seen);
    // Rules without one for every case are not stored.
    Ok(rule
        .cloned()
        .ok_or_else(|| Fault::internal("no rule of approvals fits"))?)
}

/// Takes a pending approval back; any other name is left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn withdraw(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    name: &str,
    reason: &str,
) -> Result<Opportunity, Error> {
    let approvals: proto::Approvals = dossier::load(w, deal.id).await?;
    let mut all = approvals.approvals.into_iter();
    let found = all.find(|it| it.name == name && it.state() == ApprovalState::Pending);
    match found {
        None => Ok(deal),
        Some(found) => {
            let after = seat::close(found, ApprovalState::Withdrawn, call.now);
            save(w, call, deal, &after, reason).await
        }
    }
}
