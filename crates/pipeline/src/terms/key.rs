//! The keys under which other systems know a deal.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::Terms;

/// Source system and the id there.
pub type Key = (String, String);

const MAX_FURTHER: usize = 50;

/// The further keys that a message names below `at`, sorted.
pub(super) fn read_further(
    bad: &mut Violations,
    at: &str,
    message: &proto::Opportunity,
) -> Vec<Key> {
    let field = format!("{at}.further_external_keys");
    let sent = &message.further_external_keys;
    if sent.len() > MAX_FURTHER {
        bad.add(field, format!("must be at most {MAX_FURTHER}"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for (n, key) in sent.iter().enumerate() {
        let field = format!("{field}[{n}]");
        if let Some(key) = bad.external_key(&field, Some(key))
            && !seen.insert(key)
        {
            bad.add(field, "must not be there twice");
        }
    }
    let mut keys: Vec<Key> = seen.into_iter().collect();
    keys.sort();
    keys
}

impl Terms {
    /// Every key, the first one first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.external_key.iter().chain(&self.further_keys)
    }

    /// Further keys stand beside a first one, and are other ones.
    pub fn check_keys(&self, bad: &mut Violations, at: &str) {
        let field = format!("{at}.further_external_keys");
        match &self.external_key {
            None if !self.further_keys.is_empty() => {
                bad.add(
                    format!("{at}.external_key"),
                    "must be given beside further keys",
                );
            }
            Some(first) if self.further_keys.contains(first) => {
                bad.add(field.as_str(), "must not name the first key again");
            }
            _ => {}
        }
        if self.further_keys.len() > MAX_FURTHER {
            bad.add(
                field,
                format!("must be at most {MAX_FURTHER} with those that are known"),
            );
        }
    }

    /// With the keys of a row added to those `known`; which of them is the first stays.
    pub fn with_known_keys(mut self, known: &Self) -> Self {
        let Some(first) = &known.external_key else {
            return self;
        };
        let mut keys: Vec<Key> = known.further_keys.clone();
        let is_new = |key: &&Key| *key != first && !known.further_keys.contains(key);
        keys.extend(self.keys().filter(is_new).cloned());
        keys.sort();
        keys.dedup();
        self.external_key = Some(first.clone());
        self.further_keys = keys;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> Key {
        ("ERP".to_owned(), id.to_owned())
    }

    #[test]
    fn a_row_adds_keys_and_leaves_the_first_one() {
        let known = Terms {
            external_key: Some(key("1")),
            further_keys: vec![key("3")],
            ..Terms::default()
        };
        let row = Terms {
            external_key: Some(key("2")),
            further_keys: vec![key("1"), key("3")],
            ..Terms::default()
        };
        let both = row.with_known_keys(&known);
        assert_eq!(both.external_key, Some(key("1")));
        assert_eq!(both.further_keys, [key("2"), key("3")]);
    }
}
