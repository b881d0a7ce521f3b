//! One purchase criterion: what callers may say of it.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    CompetitorFit, CriterionOrigin, PurchaseCriteria, PurchaseCriterion, PurchaseCriterionChanged,
};

use crate::error::Error;
use crate::ids::{ContactId, OpportunityId};
use crate::item::{Change, Item, Stamp};
use crate::past;
use crate::text::words;

const MAX_TEXT: usize = 1000;
const MAX_NAME: usize = 200;
const MAX_SOURCE: usize = 400;
const MAX_COMPETITORS: usize = 20;

impl Item for PurchaseCriterion {
    type Part = PurchaseCriteria;
    type Event = PurchaseCriterionChanged;

    const COLLECTION: &'static str = "purchaseCriteria";
    const FIELD: &'static str = "purchase_criterion";
    const SAID: &'static [&'static str] = &[
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

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.criteria
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.criteria
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            name: &mut self.name,
            recorder: &mut self.recorder,
            created: &mut self.create_time,
            updated: &mut self.update_time,
        }
    }

    fn event(change: Change<Self>) -> Self::Event {
        PurchaseCriterionChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
        }
    }

    fn missing(name: &str) -> Error {
        Error::PurchaseCriterionNotFound(name.to_owned())
    }

    fn refuse_more(bad: &mut Violations) {
        let why = format!("there are {} already", Self::MOST);
        bad.add(Self::FIELD, why);
    }

    fn read(&mut self, bad: &mut Violations, call: &Call) {
        let at = |field: &str| format!("purchase_criterion.{field}");
        if let Some(weight) = self.weight_percent {
            bad.range(&at("weight_percent"), weight.into(), 0..=100);
        }
        bad.optional_enum::<CriterionOrigin>(&at("origin"), self.origin);
        check_fit(bad, &at("our_fit"), self.our_fit);
        bad.optional_name::<ContactId>(&at("holder"), &self.holder);
        past::optional_day(bad, &at("set_date"), self.set_date, call.now);
        self.text = words(bad, &at("text"), &self.text, MAX_TEXT);
        let competitor = &self.origin_competitor;
        self.origin_competitor = bad.line(&at("origin_competitor"), competitor, MAX_NAME);
        self.competitor_fits = fits(bad, &at("competitor_fits"), &self.competitor_fits);
        self.source = bad.text(&at("source"), &self.source, MAX_SOURCE);
    }

    fn check(&mut self, bad: &mut Violations, _call: &Call) {
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
        part: &Self::Part,
        before: Option<&Self>,
        after: Option<&Self>,
    ) -> Result<(), Error> {
        match part.finality.is_some() && before.map(demand) != after.map(demand) {
            true => Err(Error::PurchaseCriteriaFinal(deal)),
            false => Ok(()),
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
