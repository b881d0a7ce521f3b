//! Which account is meant, and which are there twice. How a score comes about is pure
//! (`score.rs`, `han.rs`, `western.rs`, `address.rs`, `phone.rs`); what is compared is chosen
//! by an index (`profile.rs`).

mod address;
pub mod candidate;
pub mod carry;
pub mod commonness;
pub mod decide;
pub mod find;
pub mod fold;
mod grams;
mod han;
pub mod keep;
mod name;
mod phone;
pub mod profile;
mod rule;
pub mod sample;
pub mod scan;
mod score;
mod settings;
mod western;
pub mod words;

use keynode_proto::accounts::v1::{AccountNameKind, MatchVerdict, MatchedName};
use uuid::Uuid;

pub use self::grams::hash;
pub use self::profile::index;

use crate::account::Account;

/// What an account is found by, as its row says it. Whoever writes the row calls [`index`].
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    pub account_id: Uuid,
    /// The name for people first.
    pub names: Vec<(MatchedName, String)>,
    pub addresses: Vec<String>,
    pub phones: Vec<String>,
    /// The town, in words.
    pub place: String,
}

impl Indexed {
    pub fn of(account: &Account) -> Self {
        let mut names = vec![(MatchedName::Display, account.display_name.clone())];
        names.push((MatchedName::Legal, account.legal_name.clone()));
        let others = &account.profile.names;
        names.extend(
            others
                .iter()
                .map(|name| (matched(name.kind), name.text.clone())),
        );
        names.retain(|(_, name)| !name.trim().is_empty());
        Self {
            account_id: account.id,
            names,
            addresses: said(&account.address),
            phones: said(&account.phone),
            place: match account.location.is_empty() {
                true => account.region.clone(),
                false => account.location.clone(),
            },
        }
    }
}

/// What a score says.
pub fn verdict(score: f64) -> MatchVerdict {
    settings::SETTINGS.verdict(score)
}

/// The score from which somebody should look, 0 to 1.
pub fn review_from() -> f64 {
    settings::SETTINGS.review
}

/// `kind` is the number in [`AccountNameKind`].
fn matched(kind: i32) -> MatchedName {
    match AccountNameKind::try_from(kind) {
        Ok(AccountNameKind::Short) => MatchedName::Short,
        Ok(AccountNameKind::Former) => MatchedName::Former,
        _ => MatchedName::Alias,
    }
}

fn said(text: &str) -> Vec<String> {
    match text.trim() {
        "" => Vec::new(),
        text => vec![text.to_owned()],
    }
}
