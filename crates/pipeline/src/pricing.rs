//! What a deal costs us and for what price it is offered. Costs, margin and floor are seen by few:
//! they stand in no event, and readers without the permission get them masked.

pub mod costs;
pub mod figures;
pub mod floor;
pub mod propose;
pub mod read;

use jiff::civil::Date;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{PriceState, PricingArea};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use self::figures::Figures;
use crate::dossier::{Dossier, Part};
use crate::error::Error;
use crate::exchange;
use crate::opportunity::Opportunity;
use crate::{money, terms};

impl Part for proto::Pricing {
    const NAME: &'static str = "pricing";
}

/// What criteria may read: how the proposed price stands, and no figure.
pub fn fact(dossier: &Dossier) -> Json {
    let pricing: proto::Pricing = dossier.part().unwrap_or_default();
    let state = pricing.proposal.map(|proposal| proposal.state());
    match state.unwrap_or_default() {
        PriceState::Unspecified => Json::Null,
        state => json!({ "state": state_name(state) }),
    }
}

/// The same of a deal of which everything is known.
pub fn sample() -> Json {
    json!({ "state": state_name(PriceState::Approved) })
}

fn state_name(state: PriceState) -> &'static str {
    state.as_str_name().trim_start_matches("PRICE_STATE_")
}

/// The event of a change: nothing of costs, margin or floor.
fn event(
    before: &proto::Pricing,
    after: &proto::Pricing,
    opportunity: proto::Opportunity,
) -> proto::PricingChanged {
    let areas = [
        (before.cost_sheet != after.cost_sheet, PricingArea::Costs),
        (before.floor != after.floor, PricingArea::Floor),
        (before.proposal != after.proposal, PricingArea::Proposal),
    ];
    let changed = areas.into_iter().filter(|(changed, _)| *changed);
    proto::PricingChanged {
        areas: changed.map(|(_, area)| area.into()).collect(),
        before: before.proposal.clone(),
        after: after.proposal.clone(),
        opportunity: Some(opportunity),
    }
}

/// The currency of a deal: that of its amount, or else of the price that is proposed.
pub fn currency(deal: &Opportunity, pricing: &proto::Pricing) -> Option<String> {
    let of_deal = deal.terms.amount.as_ref().map(|it| it.currency.clone());
    let price = pricing.proposal.as_ref().and_then(|it| it.price.as_ref());
    of_deal.or_else(|| price.map(|price| price.currency_code.clone()))
}

/// Computes what follows from costs and prices. `day` is that of the rates, where it is named.
///
/// # Errors
/// When the database does not answer.
pub async fn assess(
    connection: &mut PgConnection,
    deal: &Opportunity,
    pricing: &proto::Pricing,
    day: Option<Date>,
    today: Date,
) -> Result<Figures, Error> {
    let sheet = pricing.cost_sheet.as_ref();
    let of_sheet = sheet.and_then(|sheet| wire::read_date(sheet.rate_date.as_ref()?).ok());
    let day = day.or(of_sheet).unwrap_or(today);
    let currency = currency(deal, pricing);
    let sums = figures::sums(pricing);
    let named = sums.into_iter().map(|sum| sum.currency);
    let currencies: Vec<String> = named.chain(currency.clone()).collect();
    let rates = exchange::load(connection, &currencies, (day, day)).await?;
    Ok(figures::compute(pricing, currency, day, &rates))
}

/// The price that is proposed.
fn price(pricing: &proto::Pricing) -> Option<terms::Amount> {
    money::stored(pricing.proposal.as_ref()?.price.as_ref())
}
