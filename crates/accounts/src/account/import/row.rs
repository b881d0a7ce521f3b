//! One row of an import: what it says, and what it would make of the account.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, AccountRow};
use uuid::Uuid;

use super::known::Known;
use crate::account::key::{self, Key};
use crate::account::rules::Rules;
use crate::account::save::Change;
use crate::account::{Account, assignment};
use crate::attribute::values::{self, Values};
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};
use crate::mask;

/// What a row names as the account above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// Nothing: what is stored stays.
    Unsaid,
    Name(AccountId),
    Key(Key),
}

/// A row that is well-formed in itself.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: Key,
    pub parent: Parent,
    pub owner: Option<PersonId>,
    pub team: Option<TeamId>,
    sent: proto::Account,
}

/// What a row comes to, before its place in the group is settled.
#[derive(Clone, Debug)]
pub struct Plan {
    pub key: Key,
    pub parent: Parent,
    pub before: Option<Account>,
    pub after: Account,
    /// When the change happens.
    pub at: jiff::Timestamp,
}

impl Row {
    /// Every key that the row gives the account.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        let further = self.sent.further_external_keys.iter();
        further.filter_map(Key::trimmed).chain([self.key.clone()])
    }

    /// Checks what can be checked without the account that the row is about.
    pub fn read(row: &AccountRow, rules: &Rules) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let sent = row.account.clone().unwrap_or_default();
        if sent.external_key.is_none() {
            bad.add("account.external_key", "must be set");
        }
        // An update may leave the name out: what is stored stays. Attributes too may be
        // ones that only what is stored may have.
        let named = proto::Account {
            display_name: "-".to_owned(),
            attributes: Vec::new(),
            ..sent.clone()
        };
        Account::new(Uuid::nil(), jiff::Timestamp::UNIX_EPOCH).told(&named, rules, &mut bad);
        bad.line("account.display_name", &sent.display_name, 200);
        let parent_key = bad.line("parent_external_id", &row.parent_external_id, 256);
        if !parent_key.is_empty() && !sent.parent.is_empty() {
            bad.add(
                "parent_external_id",
                "must be empty when account.parent is set",
            );
        }
        if !bad.is_empty() {
            let (declared, there) = (&rules.attributes, &rules.references);
            values::read(&sent.attributes, &Values::new(), declared, there, &mut bad);
        }
        bad.finish()?;
        let key = Key::of(row).expect("a key that is not whole is a violation");
        Ok(Self {
            parent: read_parent(&sent.parent, parent_key, &key),
            key,
            owner: sent.owner.parse().ok(),
            team: sent.team.parse().ok(),
            sent,
        })
    }

    /// Checks the row against what is stored. `id` is the account's if it is new.
    pub fn plan(self, call: &Call, known: &Known, rules: &Rules, id: Uuid) -> Result<Plan, Error> {
        let before = known.stored(&self.key)?.cloned();
        known.check_owner(self.owner)?;
        known.check_team(self.team)?;
        let mut bad = Violations::default();
        let base = before.clone().unwrap_or_else(|| Account::new(id, call.now));
        let stored = base.to_proto();
        let mut wanted = mask::merge(&stored, &self.sent, None, &mut bad);
        keep_the_unsaid(&stored, &mut wanted, before.is_some());
        let mut after = Account {
            parent_id: base.parent_id,
            ..base.told(&wanted, rules, &mut bad)
        };
        known.check_keys(&after)?;
        if before.is_none() {
            after = assignment::with_defaults(after, call, |owner| known.team_of(owner));
        }
        let owners_team = after.owner_id.and_then(|owner| known.team_of(owner));
        assignment::check(call, before.as_ref(), &after, owners_team, &mut bad);
        bad.finish()?;
        Ok(Plan {
            key: self.key,
            parent: self.parent,
            before,
            after,
            at: call.now,
        })
    }
}

/// A row adds values of attributes and further keys to what is stored, where an update
/// would replace the list. The key by which the account was found may be any of its keys:
/// none becomes the first by it.
fn keep_the_unsaid(stored: &proto::Account, wanted: &mut proto::Account, is_stored: bool) {
    let said: HashSet<String> = wanted
        .attributes
        .iter()
        .map(|value| value.attribute.clone())
        .collect();
    let unsaid = stored.attributes.iter();
    let unsaid = unsaid.filter(|value| !said.contains(&value.attribute));
    wanted.attributes.extend(unsaid.cloned());
    key::add(
        &mut wanted.further_external_keys,
        &stored.further_external_keys,
    );
    if is_stored {
        let own = wanted.external_key.take();
        wanted.external_key.clone_from(&stored.external_key);
        key::add(&mut wanted.further_external_keys, own.as_slice());
        let first = stored.external_key.as_ref().and_then(Key::trimmed);
        wanted
            .further_external_keys
            .retain(|key| Key::trimmed(key) != first);
    }
}

fn read_parent(name: &str, external_id: String, own: &Key) -> Parent {
    match name.parse() {
        Ok(id) => Parent::Name(id),
        Err(_) if external_id.is_empty() => Parent::Unsaid,
        Err(_) => Parent::Key(Key {
            source_system: own.source_system.clone(),
            external_id,
        }),
    }
}

impl Plan {
    /// Every key by which other rows may name the account.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.after.keys().chain([self.key.clone()])
    }

    /// Whether anything is to be stored.
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// What is to be stored, if anything is.
    pub fn change(&self) -> Option<Change<'_>> {
        self.is_change().then_some(Change {
            before: self.before.as_ref(),
            after: &self.after,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use keynode_proto::common::v1::ExternalKey;

    fn row(display_name: &str, external_id: &str) -> AccountRow {
        let external_key = ExternalKey {
            source_system: "sap".to_owned(),
            external_id: external_id.to_owned(),
        };
        let account = proto::Account {
            display_name: display_name.to_owned(),
            external_key: Some(external_key),
            ..proto::Account::default()
        };
        AccountRow {
            account: Some(account),
            parent_external_id: String::new(),
        }
    }

    #[test]
    fn a_parent_may_be_named_one_way_only() {
        let mut both = row("Plant", "1");
        both.parent_external_id = "2".to_owned();
        assert!(
            matches!(Row::read(&both, &Rules::of_day(date(2026, 1, 1))).unwrap().parent, Parent::Key(key) if key.external_id == "2")
        );
        both.account.as_mut().unwrap().parent = AccountId(Uuid::max()).to_string();
        assert!(Row::read(&both, &Rules::of_day(date(2026, 1, 1))).is_err());
    }

    #[test]
    fn every_bad_field_of_a_row_is_named() {
        let mut sent = row("Plant", "");
        sent.account.as_mut().unwrap().owner = "accounts/1".to_owned();
        sent.account.as_mut().unwrap().founded_year = Some(-5);
        let Err(Error::Common(fault)) = Row::read(&sent, &Rules::of_day(date(2026, 1, 1))) else {
            unreachable!("the row is bad")
        };
        let mut fields: Vec<_> = fault.fields().map(|(field, _)| field).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "account.external_key.external_id",
                "account.founded_year",
                "account.owner"
            ]
        );
    }
}
