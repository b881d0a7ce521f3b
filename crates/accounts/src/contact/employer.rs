//! Where someone worked before.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Contact;
use crate::account::hidden::{self, Hidden};
use crate::day;
use crate::ids::AccountId;

/// Former employers of one contact at most.
pub const MOST: usize = 50;

/// One of them; None is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormerEmployer {
    pub organisation: String,
    pub account_id: Option<Uuid>,
    pub title: String,
    pub from: Option<Date>,
    pub to: Option<Date>,
}

impl FormerEmployer {
    fn told(field: &str, sent: &proto::FormerEmployer, bad: &mut Violations) -> Self {
        let employer = Self {
            organisation: bad.name_text(&format!("{field}.organisation"), &sent.organisation, 200),
            account_id: bad
                .optional_name::<AccountId>(&format!("{field}.account"), &sent.account)
                .map(|id| id.0),
            title: bad.text(&format!("{field}.title"), &sent.title, 200),
            from: day::planned(&format!("{field}.from"), sent.from, bad),
            to: day::planned(&format!("{field}.to"), sent.to, bad),
        };
        if let (Some(from), Some(to)) = (employer.from, employer.to)
            && to < from
        {
            bad.add(format!("{field}.to"), "must not be before `from`");
        }
        employer
    }

    pub fn to_proto(&self) -> proto::FormerEmployer {
        proto::FormerEmployer {
            organisation: self.organisation.clone(),
            account: optional::<AccountId>(self.account_id),
            title: self.title.clone(),
            from: self.from.map(wire::date),
            to: self.to.map(wire::date),
        }
    }

    fn is_hidden(&self, hidden: &Hidden) -> bool {
        self.account_id.is_some_and(|id| hidden.contains(id))
    }

    /// The same without its name where the reader does not see the account.
    pub fn shown(&self, hidden: &Hidden) -> proto::FormerEmployer {
        let told = self.to_proto();
        match self.is_hidden(hidden) {
            true => proto::FormerEmployer {
                organisation: hidden::WORD.to_owned(),
                account: String::new(),
                ..told
            },
            false => told,
        }
    }
}

/// What is sent back of what was shown: an employer whose name was hidden is still the one
/// that is stored.
pub fn restored(
    stored: &[FormerEmployer],
    hidden: &Hidden,
    sent: Vec<proto::FormerEmployer>,
) -> Vec<proto::FormerEmployer> {
    let veiled = stored.iter().filter(|employer| employer.is_hidden(hidden));
    let mut veiled: Vec<&FormerEmployer> = veiled.collect();
    let restore = |sent: proto::FormerEmployer| {
        let place = veiled.iter().position(|one| one.shown(hidden) == sent);
        place.map_or(sent, |place| veiled.remove(place).to_proto())
    };
    sent.into_iter().map(restore).collect()
}

/// The former employers that a caller sends, with every bad field noted.
pub fn read(
    field: &str,
    sent: &[proto::FormerEmployer],
    bad: &mut Violations,
) -> Vec<FormerEmployer> {
    if sent.len() > MOST {
        bad.add(field, format!("must be at most {MOST}"));
        return Vec::new();
    }
    let told = sent.iter().enumerate();
    told.map(|(index, employer)| FormerEmployer::told(&format!("{field}[{index}]"), employer, bad))
        .collect()
}

/// The accounts that a change names anew as former employers; those that stay are left alone.
pub fn named_anew(before: Option<&Contact>, after: &Contact) -> Vec<Uuid> {
    let accounts = |contact: &Contact| -> HashSet<Uuid> {
        let employers = contact.former_employers.iter();
        employers
            .filter_map(|employer| employer.account_id)
            .collect()
    };
    let known = before.map(accounts).unwrap_or_default();
    accounts(after).difference(&known).copied().collect()
}
