//! One row of an import: what it says, and what it would make of the contact.

use std::str::FromStr;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, ContactRow};
use uuid::Uuid;

use super::known::Known;
use crate::contact::save::Change;
use crate::contact::{Contact, employer};
use crate::error::Error;
use crate::external_key::Key;
use crate::ids::{AccountId, ContactId};
use crate::mask;

/// How a row names another record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<Id> {
    Name(Id),
    Key(Key),
}

/// A row that is well-formed in itself.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: Key,
    pub account: Option<Reference<AccountId>>,
    /// None = not said: what is stored stays.
    pub manager: Option<Reference<ContactId>>,
    /// Accounts named as former employers.
    pub employers: Vec<Uuid>,
    sent: proto::Contact,
}

/// What a row comes to; the manager is settled last.
#[derive(Clone, Debug)]
pub struct Plan {
    pub key: Key,
    pub manager: Option<Reference<ContactId>>,
    pub change: Change,
    /// When the change happens.
    pub at: jiff::Timestamp,
}

/// The key of a row, if it has a whole one.
pub fn key_of(row: &ContactRow) -> Option<Key> {
    Key::read(row.contact.as_ref()?.external_key.as_ref())
}

impl Row {
    /// Checks what can be checked without the database; `today` is the day of the call in UTC.
    pub fn read(row: &ContactRow, today: Date) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let sent = row.contact.clone().unwrap_or_default();
        if sent.external_key.is_none() {
            bad.add("contact.external_key", "must be set");
        }
        // An update may leave the name out: what is stored stays.
        let named = proto::Contact {
            display_name: "-".to_owned(),
            ..sent.clone()
        };
        let nobody = Contact::new(
            Uuid::nil(),
            AccountId(Uuid::nil()),
            jiff::Timestamp::UNIX_EPOCH,
        );
        let told = nobody.told(&named, today, &mut bad);
        bad.line("contact.display_name", &sent.display_name, 200);
        bad.optional_name::<AccountId>("contact.account", &sent.account);
        let account_key = other_key("account", &sent.account, &row.account_external_id, &mut bad);
        let manager_key = other_key("manager", &sent.manager, &row.manager_external_id, &mut bad);
        bad.finish()?;
        let key = key_of(row).expect("a key that is not whole is a violation");
        Ok(Self {
            account: reference(&sent.account, account_key, &key),
            manager: reference(&sent.manager, manager_key, &key),
            key,
            employers: employer::named_anew(None, &told),
            sent,
        })
    }

    /// Checks the row against what is stored. `id` is the contact's if it is new.
    pub fn plan(self, call: &Call, known: &Known, id: Uuid) -> Result<Plan, Error> {
        let before = known.contact(&self.key)?.cloned();
        let version = before.as_ref().map_or(0, |before| before.version);
        etag::check(&self.key.external_id, &self.sent.etag, version)?;
        let account = self.account.as_ref().map(|account| known.account(account));
        let account = account.transpose()?;
        let mut bad = Violations::default();
        let base = match (&before, account) {
            (Some(before), account) => {
                if account.is_some_and(|account| account.0 != before.account_id) {
                    bad.add(
                        "contact.account",
                        "cannot change; MoveContact tells that the person changed employer",
                    );
                }
                before.clone()
            }
            (None, account) => {
                if account.is_none() {
                    bad.add("contact.account", "must be set for a new contact");
                }
                Contact::new(id, account.unwrap_or(AccountId(Uuid::nil())), call.now)
            }
        };
        let wanted = mask::merge(&base.to_proto(), &self.sent, None, &mut bad);
        let after = Contact {
            manager_id: base.manager_id,
            ..base.told(&wanted, call.today(), &mut bad)
        };
        bad.finish()?;
        known.check_employers(employer::named_anew(before.as_ref(), &after))?;
        Ok(Plan {
            key: self.key,
            manager: self.manager,
            change: Change { before, after },
            at: call.now,
        })
    }
}

/// The external id of an account or manager, which must not be named besides.
fn other_key(field: &str, name: &str, external_id: &str, bad: &mut Violations) -> String {
    let place = format!("{field}_external_id");
    let external_id = bad.line(&place, external_id, 256);
    if !external_id.is_empty() && !name.is_empty() {
        bad.add(place, format!("must be empty when contact.{field} is set"));
    }
    external_id
}

fn reference<Id: FromStr>(name: &str, external_id: String, own: &Key) -> Option<Reference<Id>> {
    match name.parse() {
        Ok(id) => Some(Reference::Name(id)),
        Err(_) if external_id.is_empty() => None,
        Err(_) => Some(Reference::Key(Key {
            source_system: own.source_system.clone(),
            external_id,
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keynode_proto::common::v1::ExternalKey;

    fn row() -> ContactRow {
        let external_key = ExternalKey {
            source_system: "sap".to_owned(),
            external_id: "1".to_owned(),
        };
        let contact = proto::Contact {
            external_key: Some(external_key),
            ..proto::Contact::default()
        };
        ContactRow {
            contact: Some(contact),
            ..ContactRow::default()
        }
    }

    fn bad_fields(row: &ContactRow) -> Vec<String> {
        let Err(Error::Common(fault)) = Row::read(row, Date::MAX) else {
            unreachable!("the row is bad")
        };
        let mut fields: Vec<_> = fault.fields().map(|(field, _)| field.to_owned()).collect();
        fields.sort();
        fields
    }

    #[test]
    fn account_and_manager_may_be_named_one_way_only() {
        let mut both = row();
        both.account_external_id = "2".to_owned();
        both.manager_external_id = "3".to_owned();
        let read = Row::read(&both, Date::MAX).unwrap();
        assert!(matches!(read.account, Some(Reference::Key(key)) if key.external_id == "2"));
        assert!(matches!(read.manager, Some(Reference::Key(key)) if key.source_system == "sap"));
        let contact = both.contact.as_mut().unwrap();
        contact.account = AccountId(Uuid::max()).to_string();
        contact.manager = ContactId(Uuid::max()).to_string();
        assert_eq!(
            bad_fields(&both),
            ["account_external_id", "manager_external_id"]
        );
    }

    #[test]
    fn every_bad_field_of_a_row_is_named() {
        let mut sent = row();
        let contact = sent.contact.as_mut().unwrap();
        contact.external_key = None;
        contact.account = "people/1".to_owned();
        contact.manager = "people/1".to_owned();
        contact.language_code = "中文".to_owned();
        assert_eq!(
            bad_fields(&sent),
            [
                "contact.account",
                "contact.external_key",
                "contact.language_code",
                "contact.manager"
            ]
        );
    }
}
