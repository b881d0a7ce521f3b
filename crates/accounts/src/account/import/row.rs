//! One row of an import: what it says, and what it would make of the account.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, AccountRow};
use uuid::Uuid;

use super::known::Known;
use crate::account::{Account, assignment};
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};
use crate::mask;

/// Source system and external id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub source_system: String,
    pub external_id: String,
}

impl Key {
    /// The key of a row, if it has a whole one.
    pub fn of(row: &AccountRow) -> Option<Self> {
        let key = row.account.as_ref()?.external_key.as_ref()?;
        let key = Self {
            source_system: key.source_system.trim().to_owned(),
            external_id: key.external_id.trim().to_owned(),
        };
        (!key.source_system.is_empty() && !key.external_id.is_empty()).then_some(key)
    }
}

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
    /// Checks what can be checked without the database.
    pub fn read(row: &AccountRow) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let sent = row.account.clone().unwrap_or_default();
        if sent.external_key.is_none() {
            bad.add("account.external_key", "must be set");
        }
        // An update may leave the name out: what is stored stays.
        let named = proto::Account {
            display_name: "-".to_owned(),
            ..sent.clone()
        };
        Account::new(Uuid::nil(), jiff::Timestamp::UNIX_EPOCH).told(&named, &mut bad);
        bad.text("account.display_name", &sent.display_name, 200);
        let parent_key = bad.text("parent_external_id", &row.parent_external_id, 256);
        if !parent_key.is_empty() && !sent.parent.is_empty() {
            bad.add(
                "parent_external_id",
                "must be empty when account.parent is set",
            );
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
    pub fn plan(self, call: &Call, known: &Known, id: Uuid) -> Result<Plan, Error> {
        let before = known.stored(&self.key)?.cloned();
        known.check_owner(self.owner)?;
        known.check_team(self.team)?;
        let mut bad = Violations::default();
        let base = before.clone().unwrap_or_else(|| Account::new(id, call.now));
        let wanted = mask::merge(&base.to_proto(), &self.sent, None, &mut bad);
        let mut after = Account {
            parent_id: base.parent_id,
            ..base.told(&wanted, &mut bad)
        };
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
    /// Whether anything is to be stored.
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            matches!(Row::read(&both).unwrap().parent, Parent::Key(key) if key.external_id == "2")
        );
        both.account.as_mut().unwrap().parent = AccountId(Uuid::max()).to_string();
        assert!(Row::read(&both).is_err());
    }

    #[test]
    fn every_bad_field_of_a_row_is_named() {
        let mut sent = row("Plant", "");
        sent.account.as_mut().unwrap().owner = "accounts/1".to_owned();
        sent.account.as_mut().unwrap().founded_year = Some(-5);
        let Err(Error::Common(fault)) = Row::read(&sent) else {
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
