//! What sets a customer apart from others (T10).

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{CustomerDifference, CustomerDifferences};
use serde::{Deserialize, Serialize};

use crate::day;

/// How the customer differs in what it needs, how it pays and how people deal there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    pub needs: Option<Difference>,
    pub finances: Option<Difference>,
    pub culture: Option<Difference>,
}

/// One respect in which a customer differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub text: String,
    pub evidence: String,
    pub evidence_date: Option<Date>,
}

impl Differences {
    /// What a caller says; a message that says nothing is no record.
    pub fn read(
        sent: Option<&CustomerDifferences>,
        today: Date,
        bad: &mut Violations,
    ) -> Option<Self> {
        let sent = sent.filter(|sent| **sent != CustomerDifferences::default())?;
        let mut read = |respect: &str, sent: Option<&CustomerDifference>| {
            let field = format!("account.differences.{respect}");
            sent.map(|sent| Difference::read(&field, sent, today, bad))
        };
        Some(Self {
            needs: read("needs", sent.needs.as_ref()),
            finances: read("finances", sent.finances.as_ref()),
            culture: read("culture", sent.culture.as_ref()),
        })
    }

    pub fn to_proto(&self) -> CustomerDifferences {
        CustomerDifferences {
            needs: self.needs.as_ref().map(Difference::to_proto),
            finances: self.finances.as_ref().map(Difference::to_proto),
            culture: self.culture.as_ref().map(Difference::to_proto),
        }
    }
}

impl Difference {
    fn read(field: &str, sent: &CustomerDifference, today: Date, bad: &mut Violations) -> Self {
        let date_field = format!("{field}.evidence_date");
        Self {
            text: bad.required_text(&format!("{field}.text"), &sent.text, 4000),
            evidence: bad.text(&format!("{field}.evidence"), &sent.evidence, 2000),
            evidence_date: day::past(&date_field, sent.evidence_date, today, bad),
        }
    }

    fn to_proto(&self) -> CustomerDifference {
        CustomerDifference {
            text: self.text.clone(),
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(wire::date),
        }
    }
}
