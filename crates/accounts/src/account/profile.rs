//! What is told of an account but never searched: other names, credit, figures, what sets
//! it apart, traits. One document in the account's row.

mod credit;
mod difference;
mod figure;
mod name;
mod traits;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::CustomerClass;
use serde::{Deserialize, Serialize};

pub use self::credit::Credit;
pub use self::difference::Differences;
pub use self::figure::Figure;
pub use self::name::Name;
pub use self::traits::{Trait, class_findings};

/// The document in `accounts.account.profile`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub names: Vec<Name>,
    pub credit: Option<Credit>,
    pub finances: Vec<Figure>,
    pub differences: Option<Differences>,
    pub traits: Vec<Trait>,
}

impl Profile {
    /// What a caller says; `today` is the caller's day in UTC.
    pub fn told(sent: &proto::Account, today: Date, bad: &mut Violations) -> Self {
        Self {
            names: name::read(&sent.names, today, bad),
            credit: Credit::read(sent.credit.as_ref(), today, bad),
            finances: figure::read(&sent.finances, today, bad),
            differences: Differences::read(sent.differences.as_ref(), today, bad),
            traits: traits::read(&sent.traits, today, bad),
        }
    }

    /// Whether the customer is a winter jasmine (R15): the number in `CustomerClassVerdict`.
    pub fn winter_jasmine(&self) -> i16 {
        let findings = class_findings(&self.traits);
        let finding = findings
            .iter()
            .find(|it| it.class == CustomerClass::WinterJasmine);
        finding.map_or(0, |it| it.verdict as i16)
    }

    /// Puts it into the fields of the message.
    pub fn write_to(&self, account: &mut proto::Account) {
        account.names = self.names.iter().map(Name::to_proto).collect();
        account.credit = self.credit.as_ref().map(Credit::to_proto);
        account.finances = self.finances.iter().map(Figure::to_proto).collect();
        account.differences = self.differences.as_ref().map(Differences::to_proto);
        account.traits = self.traits.iter().map(Trait::to_proto).collect();
        account.customer_classes = traits::classes(&self.traits);
    }
}
