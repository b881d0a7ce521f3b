//! The rules of approvals: which one a case follows, and what makes them sound. Pure.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ApprovalSubject;
use keynode_proto::pipeline::v1::approver::Approver as Who;
use rust_decimal::Decimal;

use crate::exchange::Rates;
use crate::ids::PersonId;
use crate::money::exact::Share;
use crate::money::{self, Least, Limits, PRICE};
use crate::terms::Amount;

const MAX_RULES: usize = 100;
const MAX_STEPS: usize = 10;
const MAX_APPROVERS: usize = 10;
const MAX_ID: usize = 64;
const MAX_NAME: usize = 200;
/// A margin or discount may be negative; beyond a hundred times the price it is a mistake.
const PERCENT: Limits = Limits {
    least: Least::Negative,
    most: 10_000,
    digits: 4,
    unit: "percent",
};

/// What rules look at; what is unknown is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<'r> {
    pub subject: ApprovalSubject,
    pub amount: Amount,
    /// Of the amount.
    pub margin: Option<Share>,
    /// Of the list price.
    pub discount: Option<Share>,
    pub rates: &'r Rates,
    pub day: Date,
}

/// The rule that a case follows: the first one of its subject whose conditions are met.
pub fn choose<'r>(
    rules: &'r [proto::ApprovalRule],
    seen: &Seen<'_>,
) -> Option<&'r proto::ApprovalRule> {
    rules
        .iter()
        .find(|rule| rule.subject() == seen.subject && applies(rule, seen))
}

/// Every condition that is given is met; one whose value is unknown counts as met. Compared without
/// rounding.
fn applies(rule: &proto::ApprovalRule, seen: &Seen<'_>) -> bool {
    let amount = money::stored(rule.min_amount.as_ref()).is_none_or(|least| {
        let found = seen.rates.compare(&seen.amount, &least, seen.day);
        !found.is_ok_and(Ordering::is_lt)
    });
    let against = |share: Option<Share>, percent| share.and_then(|it| it.compare(percent));
    let margin = money::number(&rule.margin_below_percent)
        .is_none_or(|below| against(seen.margin, below).is_none_or(Ordering::is_lt));
    let discount = money::number(&rule.min_discount_percent)
        .is_none_or(|least| against(seen.discount, least).is_none_or(Ordering::is_ge));
    amount && margin && discount
}

/// The rules that come with the release. The figures are ours: the essays name none.
pub fn shipped() -> proto::ApprovalRules {
    let rule = |id: &str, name: &str, subject: ApprovalSubject, roles: &[&str]| {
        let steps = roles.iter().map(|role| proto::ApprovalStep {
            approvers: vec![proto::Approver {
                approver: Some(Who::Role((*role).to_owned())),
            }],
            quorum: 0,
        });
        proto::ApprovalRule {
            id: id.to_owned(),
            display_name: name.to_owned(),
            subject: subject.into(),
            steps: steps.collect(),
            ..Default::default()
        }
    };
    let (one, both) = (["sales_manager"], ["sales_manager", "administrator"]);
    let (price, contract) = (ApprovalSubject::Price, ApprovalSubject::Contract);
    let rules = vec![
        proto::ApprovalRule {
            min_amount: money::shown("CNY", Decimal::from(1_000_000)),
            ..rule(
                "large_contract",
                "大额合同 / large contract",
                contract,
                &both,
            )
        },
        proto::ApprovalRule {
            margin_below_percent: "10".to_owned(),
            ..rule("thin_margin", "低毛利合同 / thin margin", contract, &both)
        },
        rule("contract", "合同 / contract", contract, &one),
        rule(
            "price_below_floor",
            "低于底价 / price below the floor",
            price,
            &one,
        ),
    ];
    proto::ApprovalRules {
        version: 0,
        etag: "0".to_owned(),
        rules,
        ..Default::default()
    }
}

/// Refuses rules that are not sound; answers them as they are to be stored.
pub fn read(bad: &mut Violations, rules: &[proto::ApprovalRule]) -> Vec<proto::ApprovalRule> {
    if rules.is_empty() || rules.len() > MAX_RULES {
        bad.add("rules.rules", format!("must be 1 to {MAX_RULES}"));
        return Vec::new();
    }
    let mut ids = HashSet::new();
    for (n, rule) in rules.iter().enumerate() {
        let at = format!("rules.rules[{n}]");
        read_one(bad, &at, rule);
        if !ids.insert(rule.id.as_str()) {
            bad.add(format!("{at}.id"), "must be another than those before");
        }
    }
    for subject in [ApprovalSubject::Price, ApprovalSubject::Contract] {
        let last = rules.iter().rfind(|rule| rule.subject() == subject);
        if !last.is_some_and(is_unconditional) {
            let name = subject
                .as_str_name()
                .trim_start_matches("APPROVAL_SUBJECT_");
            let why = format!("the last one of {name} must have no condition");
            bad.add("rules.rules", why);
        }
    }
    rules.to_vec()
}

fn is_unconditional(rule: &proto::ApprovalRule) -> bool {
    rule.min_amount.is_none()
        && rule.margin_below_percent.is_empty()
        && rule.min_discount_percent.is_empty()
}

fn read_one(bad: &mut Violations, at: &str, rule: &proto::ApprovalRule) {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if rule.id.is_empty() || rule.id.len() > MAX_ID || !rule.id.chars().all(is_letter) {
        bad.add(
            format!("{at}.id"),
            format!("must be 1 to {MAX_ID} lower-case letters, digits, `_` or `-`"),
        );
    }
    bad.line(&format!("{at}.display_name"), &rule.display_name, MAX_NAME);
    let _: ApprovalSubject = bad.required_enum(&format!("{at}.subject"), rule.subject);
    let field = format!("{at}.min_amount");
    money::amount(bad, &field, rule.min_amount.as_ref(), PRICE);
    let field = format!("{at}.margin_below_percent");
    money::decimal(bad, &field, &rule.margin_below_percent, PERCENT);
    let field = format!("{at}.min_discount_percent");
    money::decimal(bad, &field, &rule.min_discount_percent, PERCENT);
    if rule.steps.is_empty() || rule.steps.len() > MAX_STEPS {
        bad.add(format!("{at}.steps"), format!("must be 1 to {MAX_STEPS}"));
    }
    for (n, step) in rule.steps.iter().take(MAX_STEPS).enumerate() {
        read_step(bad, &format!("{at}.steps[{n}]"), step);
    }
}

fn read_step(bad: &mut Violations, at: &str, step: &proto::ApprovalStep) {
    let approvers = &step.approvers;
    if approvers.is_empty() || approvers.len() > MAX_APPROVERS {
        let why = format!("must be 1 to {MAX_APPROVERS}");
        bad.add(format!("{at}.approvers"), why);
        return;
    }
    for (n, approver) in approvers.iter().enumerate() {
        let at = format!("{at}.approvers[{n}]");
        read_approver(bad, &at, approver);
        if approvers.iter().take(n).any(|it| it == approver) {
            bad.add(at, "must be another than those before");
        }
    }
    let most = i64::try_from(approvers.len()).unwrap_or_default();
    bad.range(&format!("{at}.quorum"), step.quorum.into(), 0..=most);
}

fn read_approver(bad: &mut Violations, at: &str, approver: &proto::Approver) {
    match &approver.approver {
        None => bad.add(at, "must be a role or a person"),
        Some(Who::Role(role)) => {
            bad.name_text(&format!("{at}.role"), role, MAX_ID);
        }
        Some(Who::Person(person)) => {
            let _: PersonId = bad.name(&format!("{at}.person"), person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(currency: &str, value: i64) -> Amount {
        Amount {
            currency: currency.to_owned(),
            value: Decimal::from(value),
        }
    }

    fn percent(value: &str) -> Option<Share> {
        Share::of(value.parse().unwrap(), Decimal::ONE_HUNDRED)
    }

    fn chosen(amount: Amount, margin: Option<i64>, rates: &Rates) -> String {
        let seen = Seen {
            subject: ApprovalSubject::Contract,
            amount,
            margin: margin.and_then(|it| percent(&it.to_string())),
            discount: None,
            rates,
            day: "2026-03-01".parse().unwrap(),
        };
        choose(&shipped().rules, &seen).unwrap().id.clone()
    }

    #[test]
    fn the_first_rule_whose_conditions_are_met_is_followed() {
        let none = Rates::default();
        assert_eq!(
            chosen(amount("CNY", 1_000_000), Some(30), &none),
            "large_contract"
        );
        assert_eq!(
            chosen(amount("CNY", 999_999), Some(9), &none),
            "thin_margin"
        );
        assert_eq!(chosen(amount("CNY", 999_999), Some(10), &none), "contract");
    }

    #[test]
    fn what_is_unknown_asks_more_and_never_less() {
        let mut rates = Rates::default();
        assert_eq!(chosen(amount("CNY", 1), None, &rates), "thin_margin");
        assert_eq!(chosen(amount("USD", 1), Some(30), &rates), "large_contract");
        rates.add(
            "USD",
            "CNY",
            "2026-01-01".parse().unwrap(),
            Decimal::from(7),
        );
        assert_eq!(chosen(amount("USD", 1), Some(30), &rates), "contract");
        assert_eq!(
            chosen(amount("USD", 200_000), Some(30), &rates),
            "large_contract"
        );
    }

    #[test]
    fn conditions_are_held_against_what_is_not_rounded() {
        let condition = |margin: &str, discount: &str| proto::ApprovalRule {
            margin_below_percent: margin.to_owned(),
            min_discount_percent: discount.to_owned(),
            ..Default::default()
        };
        let rates = Rates::default();
        let meets = |rule: &proto::ApprovalRule, margin, discount| {
            let seen = Seen {
                subject: ApprovalSubject::Contract,
                amount: amount("CNY", 1),
                margin: percent(margin),
                discount: percent(discount),
                rates: &rates,
                day: "2026-03-01".parse().unwrap(),
            };
            applies(rule, &seen)
        };
        let thin = condition("10", "");
        assert!(meets(&thin, "9.9959", "0"), "10.00 where it is shown");
        assert!(!meets(&thin, "10", "0") && !meets(&thin, "10.0001", "0"));
        let generous = condition("", "10.004");
        assert!(meets(&generous, "0", "10.004"), "10.00 where it is shown");
        assert!(!meets(&generous, "0", "10.0039"));
    }

    #[test]
    fn the_rules_of_the_release_are_sound() {
        let mut bad = Violations::default();
        read(&mut bad, &shipped().rules);
        bad.finish().unwrap();
    }
}
