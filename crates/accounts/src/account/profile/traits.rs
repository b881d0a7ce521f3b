//! What is known of the traits by which customers are classed (R15).

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    CustomerClassFinding, CustomerTrait, CustomerTraitKind, TraitValue,
};
use serde::{Deserialize, Serialize};

use crate::customer_class::{self, Finding};
use crate::day;

/// One trait, whether the customer has it, and what that rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    /// The number in [`CustomerTraitKind`].
    pub kind: i32,
    /// The number in [`TraitValue`]; 0 = unknown.
    pub value: i32,
    pub evidence: String,
    pub evidence_date: Option<Date>,
}

pub fn read(sent: &[CustomerTrait], today: Date, bad: &mut Violations) -> Vec<Trait> {
    let mut seen = HashSet::new();
    let mut traits = Vec::new();
    for (index, sent) in sent.iter().enumerate() {
        let field = format!("account.traits[{index}]");
        if !seen.insert(sent.kind) {
            bad.add(format!("{field}.kind"), "must not be there twice");
            continue;
        }
        traits.push(Trait::read(&field, sent, today, bad));
    }
    traits
}

/// The classes that the traits make of the customer.
pub fn classes(traits: &[Trait]) -> Vec<CustomerClassFinding> {
    class_findings(traits).into_iter().map(to_proto).collect()
}

/// The same, for those who reckon with it.
pub fn class_findings(traits: &[Trait]) -> Vec<Finding> {
    let value_of = |kind: CustomerTraitKind| {
        let known = traits.iter().find(|known| known.kind == i32::from(kind));
        known
            .and_then(|known| TraitValue::try_from(known.value).ok())
            .unwrap_or_default()
    };
    customer_class::classify(value_of)
}

fn to_proto(finding: Finding) -> CustomerClassFinding {
    let numbers = |kinds: Vec<CustomerTraitKind>| kinds.into_iter().map(i32::from).collect();
    CustomerClassFinding {
        customer_class: finding.class.into(),
        verdict: finding.verdict.into(),
        deciding_traits: numbers(finding.deciding),
        unknown_traits: numbers(finding.unknown),
    }
}

impl Trait {
    fn read(field: &str, sent: &CustomerTrait, today: Date, bad: &mut Violations) -> Self {
        let kind: CustomerTraitKind = bad.required_enum(&format!("{field}.kind"), sent.kind);
        let value: TraitValue = bad.optional_enum(&format!("{field}.value"), sent.value);
        let evidence_field = format!("{field}.evidence");
        let evidence = bad.text(&evidence_field, &sent.evidence, 2000);
        if evidence.is_empty() && value != TraitValue::Unspecified {
            bad.add(
                evidence_field,
                "must not be empty when the trait is said to be there or not",
            );
        }
        let date_field = format!("{field}.evidence_date");
        Self {
            kind: kind.into(),
            value: value.into(),
            evidence,
            evidence_date: day::past(&date_field, sent.evidence_date, today, bad),
        }
    }

    pub fn to_proto(&self) -> CustomerTrait {
        CustomerTrait {
            kind: self.kind,
            value: self.value,
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(wire::date),
        }
    }
}
