//! What follows from costs and prices: pure, and exact to the smallest unit.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use keynode_kit::{currency, wire};
use keynode_proto::pipeline::v1 as proto;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::exchange::{Rates, Unconverted};
use crate::money;
use crate::money::exact::Share;
use crate::terms::Amount;

/// What cannot be known is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Of the deal.
    pub currency: Option<String>,
    /// Whose rates are used.
    pub day: Date,
    /// By currency.
    pub cost_totals: BTreeMap<String, Decimal>,
    /// This and what follows in the deal's currency.
    pub cost_total: Option<Decimal>,
    pub price: Option<Decimal>,
    pub margin: Option<Decimal>,
    /// Of the price.
    pub margin_percent: Option<Decimal>,
    /// Of the list price.
    pub discount_percent: Option<Decimal>,
    pub wished_price: Option<Decimal>,
    pub below_floor: Option<bool>,
    /// Pairs without a rate, e.g. `USD/CNY`.
    pub missing: BTreeSet<String>,
}

/// Every sum that costs and prices name.
pub fn sums(pricing: &proto::Pricing) -> Vec<Amount> {
    let lines = pricing.cost_sheet.iter().flat_map(|sheet| &sheet.lines);
    let costs = lines.filter_map(|line| money::stored(line.total.as_ref()));
    let floor = pricing.floor.as_ref().and_then(|it| it.amount.as_ref());
    costs
        .chain(super::price(pricing))
        .chain(money::stored(floor))
        .collect()
}

/// Computes them.
pub fn compute(
    pricing: &proto::Pricing,
    currency: Option<String>,
    day: Date,
    rates: &Rates,
) -> Figures {
    let mut figures = Figures {
        currency,
        day,
        ..Figures::default()
    };
    for line in pricing.cost_sheet.iter().flat_map(|sheet| &sheet.lines) {
        if let Some(total) = money::stored(line.total.as_ref()) {
            *figures.cost_totals.entry(total.currency).or_default() += total.value;
        }
    }
    let price = super::price(pricing);
    figures.cost_total = figures.costs_in_one(rates);
    figures.price = price.as_ref().and_then(|it| figures.in_one(it, rates));
    if let (Some(price), Some(costs)) = (figures.price, figures.cost_total) {
        figures.margin = Some(price - costs);
        figures.margin_percent = money::percent(price - costs, price);
    }
    let list = pricing.proposal.as_ref();
    let list = list.and_then(|proposal| money::stored(proposal.list_price.as_ref()));
    let discount = discount(price.as_ref(), list.as_ref());
    figures.discount_percent = discount.and_then(Share::percent);
    let wished = pricing.cost_sheet.as_ref();
    let wished = wished.and_then(|sheet| money::number(&sheet.wished_margin_percent));
    figures.wished_price = figures.wished_price(wished);
    let floor = pricing.floor.as_ref().and_then(|it| it.amount.as_ref());
    if let (Some(price), Some(floor)) = (&price, money::stored(floor)) {
        figures.below_floor = figures.below(price, &floor, rates);
    }
    figures
}

/// How far a price is below the list price, of that; of one currency only.
pub fn discount(price: Option<&Amount>, list: Option<&Amount>) -> Option<Share> {
    let (price, list) = (price?, list?);
    (price.currency == list.currency)
        .then(|| Share::of(list.value - price.value, list.value))
        .flatten()
}

impl Figures {
    /// The margin at another price than the one proposed, of that.
    pub fn margin_at(&self, price: &Amount, rates: &Rates) -> Option<Share> {
        let to = self.currency.as_deref()?;
        let price = rates.convert(price, to, self.day).ok()?.value;
        Share::of(price - self.cost_total?, price)
    }

    /// A sum in the deal's currency; notes a rate that is missing.
    fn in_one(&mut self, sum: &Amount, rates: &Rates) -> Option<Decimal> {
        let to = self.currency.clone()?;
        let converted = rates.convert(sum, &to, self.day);
        self.note(converted).map(|sum| sum.value)
    }

    fn note<T>(&mut self, found: Result<T, Unconverted>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(why) => {
                self.missing.extend(why.pair());
                None
            }
        }
    }

    fn costs_in_one(&mut self, rates: &Rates) -> Option<Decimal> {
        if self.cost_totals.is_empty() {
            return None;
        }
        let totals = self.cost_totals.clone();
        let converted: Vec<Option<Decimal>> = totals
            .into_iter()
            .map(|(currency, value)| self.in_one(&Amount { currency, value }, rates))
            .collect();
        converted
            .into_iter()
            .try_fold(Decimal::ZERO, |sum, total| sum.checked_add(total?))
    }

    /// Rounded up: less would not give the margin.
    fn wished_price(&self, wished: Option<Decimal>) -> Option<Decimal> {
        let share = Decimal::ONE - wished? / Decimal::ONE_HUNDRED;
        let price = self.cost_total?.checked_div(share)?;
        let digits = currency::minor_digits(self.currency.as_deref()?);
        Some(price.round_dp_with_strategy(digits, RoundingStrategy::ToPositiveInfinity))
    }

    fn below(&mut self, price: &Amount, floor: &Amount, rates: &Rates) -> Option<bool> {
        let floor = rates.compare(floor, price, self.day);
        self.note(floor).map(Ordering::is_gt)
    }

    /// The figures for the wire; what tells of costs only to those who may see them.
    pub fn to_proto(&self, reveals: bool) -> proto::PricingFigures {
        let one = |value: Option<Decimal>| money::shown(self.currency.as_deref()?, value?);
        let open = proto::PricingFigures {
            currency: self.currency.clone().unwrap_or_default(),
            rate_date: Some(wire::date(self.day)),
            price: one(self.price),
            discount_percent: money::shown_percent(self.discount_percent),
            ..proto::PricingFigures::default()
        };
        if !reveals {
            return open;
        }
        let totals = self.cost_totals.iter();
        proto::PricingFigures {
            cost_totals: totals
                .filter_map(|(currency, value)| money::shown(currency, *value))
                .collect(),
            cost_total: one(self.cost_total),
            margin: one(self.margin),
            margin_percent: money::shown_percent(self.margin_percent),
            wished_price: one(self.wished_price),
            below_floor: self.below_floor,
            missing_rates: self.missing.iter().cloned().collect(),
            ..open
        }
    }
}

#[cfg(test)]
mod tests;
