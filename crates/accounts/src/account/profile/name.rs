//! Names that an account goes or went by, besides the one shown.

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{AccountName, AccountNameKind};
use serde::{Deserialize, Serialize};

use crate::day;

const MAX_NAMES: usize = 50;

/// A short name, a former name or an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Name {
    /// The number in [`AccountNameKind`].
    pub kind: i32,
    pub text: String,
    pub since: Option<Date>,
    pub until: Option<Date>,
}

pub fn read(sent: &[AccountName], today: Date, bad: &mut Violations) -> Vec<Name> {
    if sent.len() > MAX_NAMES {
        bad.add("account.names", format!("must be at most {MAX_NAMES}"));
    }
    let names = sent.iter().take(MAX_NAMES).enumerate();
    names
        .map(|(index, name)| Name::read(&format!("account.names[{index}]"), name, today, bad))
        .collect()
}

impl Name {
    fn read(field: &str, sent: &AccountName, today: Date, bad: &mut Violations) -> Self {
        let kind: AccountNameKind = bad.required_enum(&format!("{field}.kind"), sent.kind);
        let since = day::long_past(&format!("{field}.since"), sent.since, today, bad);
        let until_field = format!("{field}.until");
        let until = day::long_past(&until_field, sent.until, today, bad);
        if let (Some(since), Some(until)) = (since, until)
            && until < since
        {
            bad.add(until_field, "must not be before since");
        }
        Self {
            kind: kind.into(),
            text: bad.name_text(&format!("{field}.text"), &sent.text, 200),
            since,
            until,
        }
    }

    pub fn to_proto(&self) -> AccountName {
        AccountName {
            kind: self.kind,
            text: self.text.clone(),
            since: self.since.map(wire::date),
            until: self.until.map(wire::date),
        }
    }
}
