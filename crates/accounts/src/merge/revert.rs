//! What the survivor becomes when a merge is undone: what nobody changed since is as before.

use std::collections::HashSet;

use sqlx::types::Json;

use super::fields::{FIELDS, Field};
use crate::account::Account;
use crate::external_key::Key;

/// Takes back what the merge changed; answers the fields that somebody changed since. Of
/// lists, what came with the merge goes in any case, and what went comes back.
pub fn revert(
    current: &Account,
    before: &Account,
    after: &Account,
) -> (Account, Vec<&'static str>) {
    let mut reverted = current.clone();
    let mut kept = Vec::new();
    for field in FIELDS.iter().filter(|field| !field.is_same(before, after)) {
        if field.is_same(current, after) {
            field.take(&mut reverted, before);
        } else {
            kept.push(field.path);
            revert_list(field, &mut reverted, before, after);
        }
    }
    (reverted, kept)
}

fn revert_list(field: &Field, account: &mut Account, before: &Account, after: &Account) {
    let (was, is) = (&before.profile, &after.profile);
    match field.path {
        "tags" => revert_items(&mut account.tags, &before.tags, &after.tags, |a, b| a == b),
        "names" => {
            let names = &mut account.profile.names;
            revert_items(names, &was.names, &is.names, |a, b| a.text == b.text);
        }
        "finances" => {
            let figures = &mut account.profile.finances;
            revert_items(figures, &was.finances, &is.finances, |a, b| {
                (a.kind, a.year) == (b.kind, b.year)
            });
        }
        "traits" => {
            let traits = &mut account.profile.traits;
            revert_items(traits, &was.traits, &is.traits, |a, b| a.kind == b.kind);
        }
        "attributes" => {
            let (was, is) = (&before.attributes, &after.attributes);
            let values = &mut account.attributes;
            values.retain(|id, value| was.get(id) == Some(value) || is.get(id) != Some(value));
            for (id, value) in was.iter().filter(|(id, value)| is.get(id) != Some(value)) {
                values.entry(id.clone()).or_insert_with(|| value.clone());
            }
        }
        _ => {}
    }
}

fn revert_items<T: Clone + PartialEq>(
    items: &mut Vec<T>,
    before: &[T],
    after: &[T],
    is_same_thing: impl Fn(&T, &T) -> bool,
) {
    items.retain(|item| before.contains(item) || !after.contains(item));
    for gone in before.iter().filter(|item| !after.contains(item)) {
        if !items.iter().any(|item| is_same_thing(item, gone)) {
            items.push(gone.clone());
        }
    }
}

/// Takes the losers' keys from the account; its first key is again the one it was.
pub fn drop_keys(account: &mut Account, before: &Account, lost: &HashSet<Key>) {
    let first = |account: &Account| {
        let key = account
            .source_system
            .clone()
            .zip(account.external_id.clone());
        key.map(Key::from)
    };
    let rest: Vec<Key> = account.keys().filter(|key| !lost.contains(key)).collect();
    let first = [first(account), first(before)]
        .into_iter()
        .flatten()
        .find(|key| rest.contains(key));
    let further = rest.into_iter().filter(|key| Some(key) != first.as_ref());
    account.further_keys = Json(further.collect());
    (account.source_system, account.external_id) = first
        .map(|key| (key.source_system, key.external_id))
        .unzip();
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn account(industry: &str, tags: &[&str]) -> Account {
        Account {
            industry: industry.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..Account::new(Uuid::nil(), Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn what_nobody_changed_since_is_as_before() {
        let (before, after) = (account("", &["a"]), account("steel", &["a", "b"]));
        let (reverted, kept) = revert(&after, &before, &after);
        assert_eq!((reverted, kept), (before, vec![]));
    }

    #[test]
    fn what_somebody_changed_since_stays() {
        let (before, after) = (account("", &["a"]), account("steel", &["a", "b"]));
        let current = account("iron", &["b", "c"]);
        let (reverted, kept) = revert(&current, &before, &after);
        assert_eq!(reverted, account("iron", &["c"]));
        assert_eq!(kept, ["industry", "tags"]);
    }

    #[test]
    fn keys_of_losers_go_and_the_first_is_the_old_one_again() {
        let key = |id: &str| Key::from(("sap".to_owned(), id.to_owned()));
        let with = |first: Option<&str>, further: &[&str]| Account {
            source_system: first.map(|_| "sap".to_owned()),
            external_id: first.map(str::to_owned),
            further_keys: Json(further.iter().map(|id| key(id)).collect()),
            ..account("", &[])
        };
        let mut current = with(Some("2"), &["1", "3"]);
        drop_keys(&mut current, &with(Some("1"), &[]), &[key("2")].into());
        assert_eq!(current, with(Some("1"), &["3"]));
        let mut adopted = with(Some("2"), &["9"]);
        drop_keys(&mut adopted, &with(None, &[]), &[key("2")].into());
        assert_eq!(adopted, with(None, &["9"]));
    }
}
