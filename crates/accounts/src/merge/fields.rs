//! The fields of an account on which a merge decides, one by one.

use jiff::Timestamp;
use keynode_proto::accounts::v1 as proto;
use uuid::Uuid;

use crate::account::Account;
use crate::mask::Maskable as _;

/// A field by its name in the contract.
#[derive(Clone, Copy)]
pub struct Field {
    pub path: &'static str,
    /// Whether the values of all accounts are put together.
    pub is_united: bool,
    is_same: fn(&Account, &Account) -> bool,
    take: fn(&mut Account, &Account),
}

impl Field {
    /// Whether anything is known in it.
    pub fn is_known(&self, account: &Account) -> bool {
        let blank = Account {
            kind: 0,
            ..Account::new(Uuid::nil(), Timestamp::UNIX_EPOCH)
        };
        !self.is_same(account, &blank)
    }

    pub fn is_same(&self, one: &Account, other: &Account) -> bool {
        (self.is_same)(one, other)
    }

    /// Gives the account the other's value.
    pub fn take(&self, account: &mut Account, from: &Account) {
        (self.take)(account, from);
    }

    /// A message in which this field alone is set.
    pub fn alone(&self, account: &Account) -> proto::Account {
        let mut alone = proto::Account::default();
        alone.take(&account.to_proto(), self.path);
        alone
    }
}

macro_rules! fields {
    ($($path:literal $is_united:literal: $($($member:ident).+),+;)+) => {
        &[$(Field {
            path: $path,
            is_united: $is_united,
            is_same: |one, other| $(one.$($member).+ == other.$($member).+)&&+,
            take: |account, from| {
                $(account.$($member).+ = from.$($member).+.clone();)+
            },
        }),+]
    };
}

/// Every field that callers may change, but the keys, which are never chosen.
pub const FIELDS: &[Field] = fields! {
    "display_name" false: display_name;
    "legal_name" false: legal_name;
    "names" true: profile.names;
    "kind" false: kind;
    "level" false: level;
    "industry" false: industry;
    "location" false: location;
    "region" false: region;
    "segment" false: segment;
    "address" false: address;
    "phone" false: phone;
    "website" false: website;
    "parent" false: parent_id;
    "owner" false: owner_id;
    "team" false: team_id;
    "annual_revenue" false: revenue_amount, revenue_currency;
    "employee_count" false: employee_count;
    "founded_year" false: founded_year;
    "credit" false: profile.credit;
    "finances" true: profile.finances;
    "tags" true: tags;
    "attributes" true: attributes;
    "differences" false: profile.differences;
    "traits" true: profile.traits;
};

/// The field of this name.
pub fn named(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_callers_may_change_is_here_but_the_keys() {
        let mut account = proto::Account::default();
        let changeable = |path: &str| account.take(&proto::Account::default(), path);
        let here = FIELDS.iter().map(|field| field.path);
        assert!(here.clone().all(changeable));
        let paths: std::collections::BTreeSet<_> = here.collect();
        assert_eq!(paths.len(), FIELDS.len());
        // 26 in `maskable!`, two of which hold keys.
        assert_eq!(paths.len(), 24);
    }

    #[test]
    fn the_kind_is_always_known_and_nothing_else_of_a_new_account() {
        let account = Account::new(Uuid::nil(), Timestamp::UNIX_EPOCH);
        let known: Vec<_> = FIELDS.iter().filter(|f| f.is_known(&account)).collect();
        assert_eq!(
            known.iter().map(|field| field.path).collect::<Vec<_>>(),
            ["kind"]
        );
    }
}
