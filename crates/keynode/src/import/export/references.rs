//! What rows say of each other: whose a deal is, of which account, and who is above whom.

use std::collections::{BTreeMap, BTreeSet};

use super::super::report::{Outcome, Report, clipped};
use super::{AccountDraft, Export, OpportunityDraft};

impl Export {
    /// Rejects accounts without a way up to the top, contacts of rejected ones, and deals whose owner or account the
    /// export does not have.
    pub fn check_references(&self, report: &mut Report) {
        let good = check_parents(&self.accounts, report);
        let known: BTreeSet<&str> = self.accounts.iter().map(AccountDraft::key).collect();
        for contact in &self.contacts {
            // One that the export does not have may be on the server.
            let account = contact.account.as_str();
            if known.contains(account) && !good.contains(account) {
                let why = format!("its account `{}` is rejected", clipped(account));
                report.note(&contact.place, contact.key(), Outcome::Rejected(why));
            }
        }
        for deal in &self.opportunities {
            let missing: Vec<String> =
                [self.missing_owner(deal), self.missing_account(deal, &good)]
                    .into_iter()
                    .flatten()
                    .collect();
            if !missing.is_empty() {
                let outcome = Outcome::Rejected(missing.join("; "));
                report.note(&deal.place, deal.key(), outcome);
            }
        }
    }

    fn missing_owner(&self, deal: &OpportunityDraft) -> Option<String> {
        let is_there = deal.owner.is_empty() || self.organisation.sellers.contains_key(&deal.owner);
        (!is_there).then(|| {
            format!(
                "owner `{}` is not in the list of people",
                clipped(&deal.owner)
            )
        })
    }

    fn missing_account(&self, deal: &OpportunityDraft, good: &BTreeSet<&str>) -> Option<String> {
        if deal.account.is_empty() || good.contains(deal.account.as_str()) {
            return None;
        }
        let name = clipped(&deal.account);
        match self.accounts.iter().any(|a| a.key() == deal.account) {
            true => Some(format!("its account `{name}` is rejected")),
            false => Some(format!("account `{name}` is not in the list of accounts")),
        }
    }
}

/// Answers the keys of the accounts that can be sent. Parents stand before their
/// subsidiaries, so one pass is enough.
fn check_parents<'e>(accounts: &'e [AccountDraft], report: &mut Report) -> BTreeSet<&'e str> {
    let parents = accounts.iter().map(|a| (a.key(), a.parent())).collect();
    let mut good = BTreeSet::new();
    for account in accounts {
        if account.parent().is_empty() || good.contains(account.parent()) {
            good.insert(account.key());
        } else {
            let why = Outcome::Rejected(fault(account, &parents));
            report.note(&account.place, account.key(), why);
        }
    }
    good
}

fn fault(account: &AccountDraft, parents: &BTreeMap<&str, &str>) -> String {
    let name = clipped(account.parent());
    if account.parent() == account.key() {
        return "it is its own parent".to_owned();
    }
    if !parents.contains_key(account.parent()) {
        return format!("parent `{name}` is not in the list of accounts");
    }
    match circle(account.key(), parents) {
        Some(way) => format!("its parents go in a circle: {way}"),
        None => format!("its parent `{name}` is rejected"),
    }
}

/// The way up from an account that leads back to it.
fn circle(key: &str, parents: &BTreeMap<&str, &str>) -> Option<String> {
    const SHOWN: usize = 8;
    let mut way = vec![clipped(key)];
    let mut at = key;
    for _ in 0..parents.len() {
        at = parents.get(at)?;
        match way.len() {
            SHOWN => way.push("…".to_owned()),
            more if more > SHOWN => {}
            _ => way.push(clipped(at)),
        }
        if at == key {
            return Some(way.join(" < "));
        }
    }
    None
}
