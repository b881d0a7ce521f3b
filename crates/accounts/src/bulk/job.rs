//! One row on its way: what was sent, checked in itself, and what became of it so far. Pure.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AccountRow, ContactRow, ImportContactResult, ImportOutcome, ImportResult, ImportRow,
};
use keynode_proto::common::v1::ExternalKey;

use crate::account::import::{self, to_rpc_status};
use crate::account::rules::Rules;
use crate::contact::import as contact;
use crate::error::Error;

/// Contacts of a row at most.
const MOST_CONTACTS: usize = 100;
const PLACE: usize = 200;

/// A row that is being taken.
#[derive(Clone, Debug)]
pub struct Job {
    /// None when the row has none or was refused.
    pub account: Option<AccountRow>,
    pub contacts: Vec<ContactRow>,
    pub result: ImportResult,
}

impl Job {
    /// Checks what can be checked without other rows.
    pub fn read(row: ImportRow, source_system: &str, rules: &Rules) -> Self {
        let mut bad = Violations::default();
        let mut job = Self {
            result: ImportResult {
                line: row.line,
                place: bad.text("place", &row.place, PLACE),
                external_id: external_id(&row),
                ..ImportResult::default()
            },
            account: row.account,
            contacts: row.contacts,
        };
        job.result.contacts = job.contacts.iter().map(begin).collect();
        job.check(&mut bad);
        job.complete_keys(source_system, &mut bad);
        if let Some(row) = &job.account {
            import::check(row, rules, &mut bad);
        }
        if !bad.is_empty() {
            job.check_contacts(rules.today, &mut bad);
        }
        if let Err(fault) = bad.finish() {
            job.refuse(fault.into());
        }
        job
    }

    fn check(&self, bad: &mut Violations) {
        if self.account.is_none() && self.contacts.is_empty() {
            bad.add("account", "must be set, or contacts");
        }
        if self.contacts.len() > MOST_CONTACTS {
            bad.add("contacts", format!("must be at most {MOST_CONTACTS}"));
        }
        let sent = self.contacts.iter().enumerate();
        for (index, row) in sent.filter(|_| self.account.is_some()) {
            let named = row.contact.as_ref().map_or("", |it| it.account.as_str());
            if !named.is_empty() || !row.account_external_id.is_empty() {
                let field = format!("contacts[{index}].contact.account");
                bad.add(field, "must be empty: it is the account of the row");
            }
        }
    }

    /// Of a row that is refused nobody reads the contacts: what is bad with them is told
    /// with the rest.
    fn check_contacts(&self, today: Date, bad: &mut Violations) {
        for (index, row) in self.contacts.iter().enumerate() {
            contact::check(&format!("contacts[{index}]."), row, today, bad);
        }
    }

    /// Gives the keys the import's system.
    fn complete_keys(&mut self, source_system: &str, bad: &mut Violations) {
        let account = self.account.iter_mut().flat_map(|row| &mut row.account);
        for account in account {
            let first = account.external_key.iter_mut();
            for key in first.chain(&mut account.further_external_keys) {
                complete(key, source_system, "account.external_key", bad);
            }
        }
        for (index, row) in self.contacts.iter_mut().enumerate() {
            let key = row.contact.iter_mut().flat_map(|it| &mut it.external_key);
            let field = format!("contacts[{index}].contact.external_key");
            key.for_each(|key| complete(key, source_system, &field, bad));
        }
    }

    /// Nothing of the account is stored.
    pub fn refuse(&mut self, error: Error) {
        self.result.error = Some(to_rpc_status(error));
        self.result.set_outcome(ImportOutcome::Failed);
        self.account = None;
    }

    #[cfg(test)]
    fn is_refused(&self) -> bool {
        self.result.outcome() == ImportOutcome::Failed
    }
}

/// What became of a contact before anything did.
fn begin(row: &ContactRow) -> ImportContactResult {
    let key = row.contact.as_ref().and_then(|it| it.external_key.as_ref());
    ImportContactResult {
        external_id: key.map_or_else(String::new, |key| storable(&key.external_id)),
        ..ImportContactResult::default()
    }
}

fn external_id(row: &ImportRow) -> String {
    let account = row.account.as_ref().and_then(|row| row.account.as_ref());
    let key = account.and_then(|account| account.external_key.as_ref());
    key.map_or_else(String::new, |key| storable(&key.external_id))
}

/// The id as it is stored and looked for; empty when it can be no key, for which its row is
/// refused later, not the chunk.
pub fn storable(external_id: &str) -> String {
    let mut bad = Violations::default();
    let external_id = bad.name_text("external_id", external_id, 256);
    match bad.is_empty() {
        true => external_id,
        false => String::new(),
    }
}

fn complete(key: &mut ExternalKey, source_system: &str, field: &str, bad: &mut Violations) {
    if key.source_system.is_empty() {
        source_system.clone_into(&mut key.source_system);
    } else if key.source_system != source_system {
        bad.add(
            format!("{field}.source_system"),
            format!("must be empty or {source_system}, the import's"),
        );
    }
}

/// Refuses rows whose account an earlier row has: in the same chunk, or of those in `taken`
/// with their lines.
pub fn refuse_repeated_accounts(jobs: &mut [Job], taken: &HashMap<String, i64>) {
    let mut seen = taken.clone();
    for job in jobs.iter_mut().filter(|job| job.account.is_some()) {
        let (key, line) = (job.result.external_id.clone(), job.result.line);
        match seen.get(&key).copied() {
            Some(first) => job.refuse(repeated("account.external_key", first)),
            None if key.is_empty() => {}
            None => {
                seen.insert(key, line);
            }
        }
    }
}

/// The contacts that an earlier row of the chunk has already: index of the row and of the
/// contact in it.
pub fn repeated_contacts(jobs: &[Job]) -> HashSet<(usize, usize)> {
    let mut seen = HashSet::new();
    let mut repeated = HashSet::new();
    for (row, job) in jobs.iter().enumerate() {
        for (index, contact) in job.result.contacts.iter().enumerate() {
            if !contact.external_id.is_empty() && !seen.insert(contact.external_id.as_str()) {
                repeated.insert((row, index));
            }
        }
    }
    repeated
}

fn repeated(field: &str, first: i64) -> Error {
    let mut bad = Violations::default();
    bad.add(field, format!("must not be the key of line {first} too"));
    bad.finish().expect_err("a violation was just added").into()
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{Account, Contact};

    use super::*;

    fn key(system: &str, id: &str) -> Option<ExternalKey> {
        Some(ExternalKey {
            source_system: system.to_owned(),
            external_id: id.to_owned(),
        })
    }

    fn row(line: i64, system: &str, id: &str) -> ImportRow {
        let account = Account {
            external_key: key(system, id),
            ..Account::default()
        };
        ImportRow {
            line,
            account: Some(AccountRow {
                account: Some(account),
                ..AccountRow::default()
            }),
            ..ImportRow::default()
        }
    }

    fn contact(id: &str) -> ContactRow {
        let contact = Contact {
            external_key: key("", id),
            ..Contact::default()
        };
        ContactRow {
            contact: Some(contact),
            ..ContactRow::default()
        }
    }

    fn rules() -> Rules {
        Rules::of_day(jiff::civil::date(2026, 11, 23))
    }

    #[test]
    fn keys_get_the_system_of_the_import_and_none_of_another() {
        let job = Job::read(row(1, "", " 7 "), "sap", &rules());
        let account = job.account.unwrap().account.unwrap();
        assert_eq!(account.external_key.unwrap().source_system, "sap");
        assert_eq!(job.result.external_id, "7");
        assert!(Job::read(row(1, "oracle", "7"), "sap", &rules()).is_refused());
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_told_at_once() {
        let mut sent = row(1, "oracle", "7\0");
        sent.place = "长".repeat(201);
        let account = sent.account.as_mut().unwrap().account.as_mut().unwrap();
        account.founded_year = Some(3000);
        let error = Job::read(sent, "sap", &rules()).result.error.unwrap();
        for field in ["place", "source_system", "external_id", "founded_year"] {
            assert!(error.message.contains(field), "{}", error.message);
        }
    }

    #[test]
    fn a_row_of_nothing_and_contacts_that_name_their_account_twice_are_refused() {
        assert!(Job::read(ImportRow::default(), "sap", &rules()).is_refused());
        let mut sent = row(1, "", "7");
        sent.contacts = vec![contact("c")];
        assert!(!Job::read(sent.clone(), "sap", &rules()).is_refused());
        sent.contacts[0].account_external_id = "7".to_owned();
        assert!(Job::read(sent, "sap", &rules()).is_refused());
    }

    #[test]
    fn of_rows_with_one_key_the_first_is_taken() {
        let mut jobs: Vec<Job> = [(5, "a"), (6, "b"), (7, "a"), (8, "c")]
            .map(|(line, id)| Job::read(row(line, "", id), "sap", &rules()))
            .to_vec();
        refuse_repeated_accounts(&mut jobs, &HashMap::from([("b".to_owned(), 2)]));
        let refused: Vec<bool> = jobs.iter().map(Job::is_refused).collect();
        assert_eq!(refused, [false, true, true, false]);
        assert!(jobs[2].result.error.is_some());
    }

    #[test]
    fn of_contacts_with_one_key_in_a_chunk_the_first_is_taken() {
        let with = |line, id: &str, contacts: &[&str]| {
            let contacts = contacts.iter().map(|id| contact(id)).collect();
            Job::read(
                ImportRow {
                    contacts,
                    ..row(line, "", id)
                },
                "sap",
                &rules(),
            )
        };
        let jobs = [with(1, "a", &["x", "y", "x"]), with(2, "b", &["y", "z"])];
        assert_eq!(repeated_contacts(&jobs), HashSet::from([(0, 2), (1, 0)]));
    }
}
