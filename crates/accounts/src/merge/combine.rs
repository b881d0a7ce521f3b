//! One account made of several: whose value each field gets, and what is put together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use keynode_proto::accounts::v1::{AccountNameKind, MergeConflict, MergeValue};
use sqlx::types::Json;
use uuid::Uuid;

use super::fields::{FIELDS, Field};
use super::refusal::Refusal;
use crate::account::Account;
use crate::account::profile::Name;
use crate::external_key::Key;
use crate::folded::folded;

/// Whose value a field gets, by the field's name.
pub type Choices = HashMap<&'static str, Uuid>;

/// What the survivor becomes; its place in the group is settled elsewhere.
#[derive(Debug)]
pub struct Combined {
    pub account: Account,
    pub conflicts: Vec<MergeConflict>,
}

/// Combines the survivor with the losers, who come in the order in which they are named.
pub fn combine(survivor: &Account, losers: &[Account], choices: &Choices) -> Combined {
    let all: Vec<&Account> = std::iter::once(survivor).chain(losers).collect();
    let mut combined = Combined {
        account: survivor.clone(),
        conflicts: Vec::new(),
    };
    for field in FIELDS {
        let taken = whose(field, &all, choices);
        field.take(&mut combined.account, taken);
        let chosen = choices.contains_key(field.path);
        let differs = match field.is_united && !chosen {
            true => unite(field, &mut combined.account, &all),
            false => differ(field, &all),
        };
        if differs {
            combined.conflicts.push(conflict(field, &all, taken));
        }
    }
    add_aliases(&mut combined.account, &all);
    take_keys(&mut combined.account, &all);
    combined
}

/// The account whose value the field gets: the first one that knows any.
fn whose<'a>(field: &Field, all: &[&'a Account], choices: &Choices) -> &'a Account {
    let chosen = choices.get(field.path);
    let named = all.iter().find(|account| chosen == Some(&account.id));
    let known = all.iter().find(|account| field.is_known(account));
    let first = named.or(known).or(all.first());
    first.expect("there is a survivor")
}

fn differ(field: &Field, all: &[&Account]) -> bool {
    let mut knowing = all.iter().filter(|account| field.is_known(account));
    let first = knowing.next();
    first.is_some_and(|first| knowing.any(|other| !field.is_same(first, other)))
}

fn conflict(field: &Field, all: &[&Account], taken: &Account) -> MergeConflict {
    let knowing = all.iter().filter(|account| field.is_known(account));
    let value = |account: &&Account| MergeValue {
        account: account.name().to_string(),
        value: Some(field.alone(account)),
    };
    MergeConflict {
        field: field.path.to_owned(),
        values: knowing.map(value).collect(),
        taken: taken.name().to_string(),
    }
}

/// Puts together what all say; whether they contradict each other in anything.
fn unite(field: &Field, account: &mut Account, all: &[&Account]) -> bool {
    let profile = &mut account.profile.0;
    match field.path {
        "tags" => {
            account.tags = first_of_each(all.iter().flat_map(|a| &a.tags), |tag| tag.clone()).0;
            false
        }
        "names" => {
            let names = all.iter().flat_map(|a| &a.profile.names);
            profile.names = first_of_each(names, |name| folded(&name.text)).0;
            false
        }
        "finances" => {
            let figures = all.iter().flat_map(|a| &a.profile.finances);
            let (united, differ) = first_of_each(figures, |figure| (figure.kind, figure.year));
            profile.finances = united;
            differ
        }
        "traits" => {
            let traits = all.iter().flat_map(|a| &a.profile.traits);
            let (united, differ) = first_of_each(traits, |one| one.kind);
            profile.traits = united;
            differ
        }
        _ => unite_attributes(account, all),
    }
}

fn unite_attributes(account: &mut Account, all: &[&Account]) -> bool {
    let mut differ = false;
    for (attribute, value) in all.iter().flat_map(|a| a.attributes.iter()) {
        let held = account.attributes.entry(attribute.clone());
        differ |= held.or_insert_with(|| value.clone()) != value;
    }
    differ
}

/// The first of those that have the same key, in order; whether another one differs from it.
fn first_of_each<'a, T: Clone + PartialEq + 'a, K: Eq + Hash>(
    all: impl Iterator<Item = &'a T>,
    key: impl Fn(&T) -> K,
) -> (Vec<T>, bool) {
    let (mut first, mut differ): (HashMap<K, &T>, bool) = (HashMap::new(), false);
    let mut united = Vec::new();
    for one in all {
        let held = *first.entry(key(one)).or_insert_with(|| {
            united.push(one.clone());
            one
        });
        differ |= held != one;
    }
    (united, differ)
}

/// By what any of them was shown or registered, the account is still found.
fn add_aliases(account: &mut Account, all: &[&Account]) {
    let own = [&account.display_name, &account.legal_name];
    let others = account.profile.names.iter().map(|name| &name.text);
    let mut known: HashSet<String> = own.into_iter().chain(others).map(|n| folded(n)).collect();
    let former = all.iter().flat_map(|a| [&a.display_name, &a.legal_name]);
    for text in former.filter(|text| !text.is_empty()) {
        if known.insert(folded(text)) {
            account.profile.names.push(Name {
                kind: AccountNameKind::Alias.into(),
                text: text.clone(),
                since: None,
                until: None,
            });
        }
    }
}

/// All keys of all; the first one stays the first.
fn take_keys(account: &mut Account, all: &[&Account]) {
    let first = all.iter().find_map(|a| {
        let key = a.source_system.clone().zip(a.external_id.clone())?;
        Some(Key::from(key))
    });
    let every: BTreeSet<Key> = all.iter().flat_map(|a| a.keys()).collect();
    let further = every.into_iter().filter(|key| Some(key) != first.as_ref());
    account.further_keys = Json(further.collect());
    (account.source_system, account.external_id) = first
        .map(|key| (key.source_system, key.external_id))
        .unzip();
}

/// Refuses an account of which no update would be taken any more.
pub fn check_size(account: &Account) -> Result<(), Refusal> {
    let choose = "choose whose are taken, or remove some first";
    let sizes = [
        ("names", account.profile.names.len(), 50, choose),
        ("tags", account.tags.len(), 50, choose),
        ("finances", account.profile.finances.len(), 100, choose),
        ("attributes", account.attributes.len(), 100, choose),
        (
            "further_external_keys",
            account.further_keys.len(),
            50,
            "remove some first",
        ),
    ];
    for (what, count, limit, way_out) in sizes {
        if count > limit {
            return Err(Refusal::TooLarge {
                what,
                count,
                limit,
                way_out,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
