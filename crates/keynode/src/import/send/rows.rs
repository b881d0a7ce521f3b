//! The rows of an import, from the drafts of accounts and contacts.

use std::collections::HashMap;

use keynode_proto::accounts::v1::{ContactRow, ImportRow};

use super::super::export::{AccountDraft, ContactDraft, Export};
use super::super::report::Report;

/// Contacts of a row at most, as the contract says.
const MOST_CONTACTS: usize = 100;

/// A row to send, and the drafts it was made of.
pub struct Row<'e> {
    /// From 1. Rejected drafts count too, so that a row keeps its number when others of the
    /// same files are corrected.
    pub line: i64,
    pub account: Option<&'e AccountDraft>,
    pub contacts: Vec<&'e ContactDraft>,
}

/// Every row that can be sent: accounts with their contacts, parents first, then contacts of
/// accounts that the export does not have.
pub fn rows<'e>(export: &'e Export, report: &Report) -> Vec<Row<'e>> {
    let mut contacts: HashMap<&str, Vec<&ContactDraft>> = HashMap::new();
    for draft in &export.contacts {
        if !report.has_rejected(&draft.place) {
            contacts.entry(&draft.account).or_default().push(draft);
        }
    }
    let mut rows = Vec::new();
    let mut line = 0;
    for account in &export.accounts {
        line += 1;
        if report.has_rejected(&account.place) {
            continue;
        }
        let mut of = contacts.remove(account.key()).unwrap_or_default();
        let rest = of.split_off(of.len().min(MOST_CONTACTS));
        if !rest.is_empty() {
            contacts.insert(account.key(), rest);
        }
        rows.push(Row {
            line,
            account: Some(account),
            contacts: of,
        });
    }
    let left = |draft: &&ContactDraft| {
        let of = contacts.get(draft.account.as_str());
        of.is_some_and(|of| of.iter().any(|it| it.place == draft.place))
    };
    for draft in &export.contacts {
        line += 1;
        if left(&draft) {
            rows.push(Row {
                line,
                account: None,
                contacts: vec![draft],
            });
        }
    }
    rows
}

impl Row<'_> {
    pub fn to_proto(&self) -> ImportRow {
        let place = match (self.account, self.contacts.first()) {
            (Some(account), _) => account.place.to_string(),
            (None, Some(contact)) => contact.place.to_string(),
            (None, None) => String::new(),
        };
        ImportRow {
            line: self.line,
            // The file may have a longer name than the contract takes.
            place: place.chars().take(200).collect(),
            account: self.account.map(|draft| draft.row.clone()),
            contacts: self.contacts.iter().map(|it| self.contact(it)).collect(),
        }
    }

    fn contact(&self, draft: &ContactDraft) -> ContactRow {
        let account_external_id = match self.account {
            Some(_) => String::new(),
            None => draft.account.clone(),
        };
        ContactRow {
            account_external_id,
            ..draft.row.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{Account, AccountRow};
    use keynode_proto::common::v1::ExternalKey;

    use super::super::super::report::{Outcome, Place};
    use super::*;

    fn account(line: u64, id: &str) -> AccountDraft {
        let account = Account {
            external_key: Some(ExternalKey {
                source_system: "sap".into(),
                external_id: id.into(),
            }),
            ..Account::default()
        };
        AccountDraft {
            place: Place::new("a.csv", line),
            row: AccountRow {
                account: Some(account),
                ..AccountRow::default()
            },
        }
    }

    fn contact(line: u64, account: &str) -> ContactDraft {
        ContactDraft {
            place: Place::new("c.csv", line),
            row: ContactRow::default(),
            account: account.into(),
        }
    }

    #[test]
    fn contacts_go_with_their_accounts_and_numbers_stay_whatever_is_rejected() {
        let mut contacts = vec![contact(2, "B"), contact(3, "elsewhere"), contact(4, "B")];
        contacts.extend((0..120).map(|n| contact(5 + n, "C")));
        let export = Export {
            accounts: vec![account(2, "A"), account(3, "B"), account(4, "C")],
            contacts,
            ..Export::default()
        };
        let mut report = Report::default();
        let shape = |report: &Report| -> Vec<(i64, usize)> {
            let rows = rows(&export, report);
            rows.iter()
                .map(|row| (row.line, row.contacts.len()))
                .collect()
        };
        let all = shape(&report);
        assert_eq!(all[..4], [(1, 0), (2, 2), (3, 100), (5, 1)]);
        assert_eq!(all.len(), 4 + 20, "those beyond a hundred follow alone");
        report.note(&Place::new("a.csv", 2), "A", Outcome::Rejected("x".into()));
        assert_eq!(shape(&report), all[1..]);
        let sent = rows(&export, &report);
        assert_eq!(sent[0].to_proto().place, "a.csv line 3");
        assert_eq!(sent[0].to_proto().contacts[0].account_external_id, "");
        assert_eq!(
            sent[2].to_proto().contacts[0].account_external_id,
            "elsewhere"
        );
    }
}
