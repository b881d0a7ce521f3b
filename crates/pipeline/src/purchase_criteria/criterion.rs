//! One purchase criterion: what callers may say of it.

use std::collections::HashSet;

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{
    CompetitorFit, CriterionOrigin, PurchaseCriteria, PurchaseCriterion, PurchaseCriterionChanged,
};

use crate::entry::{Item, Stamp, words};
use crate::error::Error;
use crate::ids::{ContactId, OpportunityId};
use crate::past;

const MAX_TEXT: usize = 1000;
const MAX_NAME: usize = 200;
const MAX_SOURCE: usize = 400;
const MAX_COMPETITORS: usize = 20;

impl Item for PurchaseCriterion {
    type Kept = PurchaseCriteria;
    type Changed = PurchaseCriterionChanged;
    const FIELD: &'static str = "purchase_criterion";
    const COLLECTION: &'static str = "purchaseCriteria";
    const CHANGEABLE: &'static [&'static str] = &[
        "text",
        "weight_percent",
        "origin",
        "origin_competitor",
        "our_fit",
        "competitor_fits",
        "holder",
        "source",
        "set_date",
    ];
    const MOST: usize = 100;

    fn all(part: &PurchaseCriteria) -> &[Self] {
        &part.criteria
    }

    fn all_mut(part: &mut PurchaseCriteria) -> &mut Vec<Self> {
        &mut part.criteria
    }

    fn resource(&self) -> &str {
        &self.name
    }

    fn begin(&mut self, stamp: Stamp) {
        self.name = stamp.name;
        self.create_time = Some(stamp.now);
        self.update_time = Some(stamp.now);
        self.recorder = stamp.recorder;
    }

    fn touch(&mut self, now: prost_types::Timestamp) {
        self.update_time = Some(now);
    }

    fn read(bad: &mut Violations, now: Timestamp, message: &Self) -> Self {
        let at = |field: &str| format!("purchase_criterion.{field}");
        if let Some(weight) = message.weight_percent {
            bad.range(&at("weight_percent"), weight.into(), 0..=100);
        }
        bad.optional_enum::<CriterionOrigin>(&at("origin"), message.origin);
        check_fit(bad, &at("our_fit"), message.our_fit);
        bad.optional_name::<ContactId>(&at("holder"), &message.holder);
        past::optional_day(bad, &at("set_date"), message.set_date, now);
        let origin_competitor = &message.origin_competitor;
        Self {
            text: words(bad, &at("text"), &message.text, MAX_TEXT),
            origin_competitor: bad.line(&at("origin_competitor"), origin_competitor, MAX_NAME),
            competitor_fits: fits(bad, &at("competitor_fits"), &message.competitor_fits),
            source: bad.text(&at("source"), &message.source, MAX_SOURCE),
            ..message.clone()
        }
    }

    fn check(&self, bad: &mut Violations) {
        if self.text.is_empty() {
            bad.add("purchase_criterion.text", "must not be empty");
        }
        if !self.origin_competitor.is_empty() && self.origin() != CriterionOrigin::Competitor {
            bad.add(
                "purchase_criterion.origin_competitor",
                "goes with the origin COMPETITOR only",
            );
        }
    }

    fn allow(
        deal: OpportunityId,
        part: &PurchaseCriteria,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<(), Error> {
        match part.finality.is_some() && before.map(demand) != after.map(demand) {
            true => Err(Error::PurchaseCriteriaFinal(deal)),
            false => Ok(()),
        }
    }

    fn not_found(name: &str) -> Error {
        Error::PurchaseCriterionNotFound(name.to_owned())
    }

    fn changed(
        before: Option<Self>,
        after: Option<Self>,
        deal: proto::Opportunity,
    ) -> PurchaseCriterionChanged {
        PurchaseCriterionChanged {
            before,
            after,
            opportunity: Some(deal),
        }
    }
}

/// What is the customer's to say, and stays once it is final; the rest is what we learn of it.
fn demand(
    criterion: &PurchaseCriterion,
) -> (
    &str,
    Option<i32>,
    Option<keynode_proto::google::r#type::Date>,
) {
    (
        &criterion.text,
        criterion.weight_percent,
        criterion.set_date,
    )
}

fn check_fit(bad: &mut Violations, field: &str, fit: Option<i32>) {
    if let Some(fit) = fit {
        bad.range(field, fit.into(), -2..=2);
    }
}

fn fits(bad: &mut Violations, field: &str, fits: &[CompetitorFit]) -> Vec<CompetitorFit> {
    if fits.len() > MAX_COMPETITORS {
        let why = format!("must be at most {MAX_COMPETITORS}, are {}", fits.len());
        bad.add(field, why);
        return Vec::new();
    }
    let mut read = Vec::new();
    for (n, fit) in fits.iter().enumerate() {
        let at = format!("{field}[{n}]");
        check_fit(bad, &format!("{at}.fit"), fit.fit);
        read.push(CompetitorFit {
            competitor: bad.name_text(&format!("{at}.competitor"), &fit.competitor, MAX_NAME),
            fit: fit.fit,
        });
    }
    let named: HashSet<&str> = read.iter().map(|fit| fit.competitor.as_str()).collect();
    if named.len() < read.len() {
        bad.add(field, "must name each competitor once");
    }
    read
}
