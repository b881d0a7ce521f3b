//! What is known of an element in parts: read, bounded, and of the element it belongs to.

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::QualificationElement;
use keynode_proto::pipeline::v1::element_state::Details;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value as Json, json};

use crate::ids::ContactId;
use crate::money::{self, SUM};
use crate::past;

const MAX_ITEMS: usize = 50;
const MAX_COMPETITORS: usize = 100;
const MAX_LINE: usize = 400;
const MAX_TEXT: usize = 2000;
const MAX_NAME: usize = 200;

/// What is known of the customer's money, as criteria read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// To the unit: for thresholds, not for sums.
    pub amount: Option<f64>,
    pub currency: Option<String>,
    /// Somebody at the customer confirmed it, or it was confirmed on a day.
    pub confirmed: bool,
}

impl Budget {
    /// What the details of an element say of money.
    pub fn of(details: Option<&Details>) -> Self {
        let Some(Details::Budget(budget)) = details else {
            return Self::default();
        };
        let amount = budget.amount.as_ref();
        let amount = amount.and_then(|money| wire::read_money(money).ok());
        Self {
            currency: amount.as_ref().map(|(currency, _)| currency.clone()),
            amount: amount.and_then(|(_, value)| value.to_f64()),
            confirmed: !budget.confirmer.is_empty() || budget.confirmed_date.is_some(),
        }
    }

    /// The fact that expressions read: null is unknown, so never confirmed is not false.
    pub fn fact(&self) -> Json {
        json!({
            "amount": self.amount,
            "currency": self.currency,
            "confirmed": self.confirmed.then_some(true),
        })
    }
}

/// Reads the details of an element, with fields named below `state`.
pub fn read(
    bad: &mut Violations,
    element: QualificationElement,
    details: Details,
    now: Timestamp,
) -> Details {
    let (of, field) = belongs(&details);
    if element != of {
        let why = format!("belongs to {} only", super::name(of));
        bad.add(format!("state.{field}"), why);
    }
    match details {
        Details::Need(mut need) => {
            need.links = lines(bad, "state.need.links", &need.links, MAX_TEXT);
            Details::Need(need)
        }
        Details::Timetable(timetable) => {
            for (field, day) in [
                ("project_start_date", timetable.project_start_date),
                ("purchase_date", timetable.purchase_date),
                ("delivery_date", timetable.delivery_date),
            ] {
                bad.day(&format!("state.timetable.{field}"), day);
            }
            Details::Timetable(timetable)
        }
        Details::Budget(money) => Details::Budget(budget(bad, money, now)),
        Details::Competition(competition) => Details::Competition(positions(bad, &competition)),
        Details::DecisionProcess(mut process) => {
            let field = "state.decision_process";
            process.steps = lines(bad, &format!("{field}.steps"), &process.steps, MAX_LINE);
            bad.day(&format!("{field}.deadline"), process.deadline);
            Details::DecisionProcess(process)
        }
        Details::PriorityCriteria(mut priorities) => {
            let field = "state.priority_criteria.criteria";
            priorities.criteria = lines(bad, field, &priorities.criteria, MAX_LINE);
            Details::PriorityCriteria(priorities)
        }
    }
}

fn belongs(details: &Details) -> (QualificationElement, &'static str) {
    match details {
        Details::Need(_) => (QualificationElement::Need, "need"),
        Details::Timetable(_) => (QualificationElement::Timetable, "timetable"),
        Details::Budget(_) => (QualificationElement::Budget, "budget"),
        Details::Competition(_) => (QualificationElement::Competition, "competition"),
        Details::DecisionProcess(_) => (QualificationElement::DecisionProcess, "decision_process"),
        Details::PriorityCriteria(_) => {
            (QualificationElement::PriorityCriteria, "priority_criteria")
        }
    }
}

fn budget(
    bad: &mut Violations,
    sent: proto::BudgetDetails,
    now: Timestamp,
) -> proto::BudgetDetails {
    let field = |name: &str| format!("state.budget.{name}");
    money::amount(bad, &field("amount"), sent.amount.as_ref(), SUM);
    let _: Option<ContactId> = bad.optional_name(&field("confirmer"), &sent.confirmer);
    let confirmed = bad.date(&field("confirmed_date"), sent.confirmed_date);
    past::day(bad, &field("confirmed_date"), confirmed, now);
    proto::BudgetDetails {
        source_of_funds: bad.text(&field("source_of_funds"), &sent.source_of_funds, MAX_LINE),
        process: bad.text(&field("process"), &sent.process, MAX_TEXT),
        ..sent
    }
}

fn positions(bad: &mut Violations, sent: &proto::CompetitionDetails) -> proto::CompetitionDetails {
    let field = "state.competition.competitors";
    let sent = &sent.competitors;
    if sent.len() > MAX_COMPETITORS {
        bad.add(
            field,
            format!("must be at most {MAX_COMPETITORS}, are {}", sent.len()),
        );
        return proto::CompetitionDetails::default();
    }
    let mut competitors: Vec<proto::CompetitorPosition> = Vec::new();
    for (n, competitor) in sent.iter().enumerate() {
        let at = format!("{field}[{n}]");
        let name = format!("{at}.display_name");
        let display_name = bad.name_text(&name, &competitor.display_name, MAX_NAME);
        if competitors.iter().any(|it| it.display_name == display_name) {
            bad.add(name, "must name each competitor once");
        }
        competitors.push(proto::CompetitorPosition {
            display_name,
            position: bad.text(&format!("{at}.position"), &competitor.position, MAX_TEXT),
        });
    }
    proto::CompetitionDetails { competitors }
}

fn lines(bad: &mut Violations, field: &str, sent: &[String], most: usize) -> Vec<String> {
    if sent.len() > MAX_ITEMS {
        bad.add(
            field,
            format!("must be at most {MAX_ITEMS}, are {}", sent.len()),
        );
        return Vec::new();
    }
    let line =
        |(n, text): (usize, &String)| bad.required_text(&format!("{field}[{n}]"), text, most);
    sent.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use keynode_proto::google::r#type::Money;

    use super::*;

    #[test]
    fn money_of_which_nothing_is_known_is_null_and_not_false() {
        let nothing = Budget::of(None).fact();
        assert_eq!(
            nothing,
            json!({"amount": null, "currency": null, "confirmed": null})
        );
        let details = Details::Budget(proto::BudgetDetails {
            amount: Some(Money {
                currency_code: "CNY".to_owned(),
                units: 5,
                nanos: 500_000_000,
            }),
            confirmer: "contacts/0190b5a0-0000-7000-8000-000000000001".to_owned(),
            ..Default::default()
        });
        let known = Budget::of(Some(&details)).fact();
        assert_eq!(
            known,
            json!({"amount": 5.5, "currency": "CNY", "confirmed": true})
        );
    }
}
