//! What a customer is trusted with.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::CreditStanding;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::day;

/// A rating or a limit, as somebody said on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credit {
    pub rating: String,
    pub limit: Option<Amount>,
    pub source: String,
    pub as_of: Date,
}

impl Credit {
    pub fn read(sent: Option<&CreditStanding>, today: Date, bad: &mut Violations) -> Option<Self> {
        let sent = sent?;
        let rating = bad.text("account.credit.rating", &sent.rating, 100);
        if rating.is_empty() && sent.limit.is_none() {
            bad.add(
                "account.credit.rating",
                "must not be empty unless a limit is set",
            );
        }
        Some(Self {
            rating,
            limit: Amount::read_unsigned("account.credit.limit", sent.limit.as_ref(), bad),
            source: bad.required_text("account.credit.source", &sent.source, 500),
            as_of: day::required_past("account.credit.as_of", sent.as_of, today, bad),
        })
    }

    pub fn to_proto(&self) -> CreditStanding {
        CreditStanding {
            rating: self.rating.clone(),
            limit: self.limit.as_ref().and_then(Amount::to_proto),
            source: self.source.clone(),
            as_of: Some(wire::date(self.as_of)),
        }
    }
}
