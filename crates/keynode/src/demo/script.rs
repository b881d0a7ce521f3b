//! What the demo plays, read from the data files under `demo/`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use keynode_proto::accounts::v1::{Attitude, Coverage, Function, StakeholderRole};
use keynode_proto::pipeline::v1::ActivityKind;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::day::Day;

const FILES: [(&str, &str); 3] = [
    (
        "organisation.toml",
        include_str!("../../demo/organisation.toml"),
    ),
    ("zhang.toml", include_str!("../../demo/zhang.toml")),
    ("deals.toml", include_str!("../../demo/deals.toml")),
];

/// The whole demo; each file holds a part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    pub teams: Vec<Team>,
    pub people: Vec<Person>,
    pub accounts: Vec<Account>,
    /// Sets of people as one meets them, to be named by deals.
    pub casts: BTreeMap<String, Cast>,
    /// Sets of facts on the six elements, to be named by deals.
    pub knowledge: BTreeMap<String, Vec<String>>,
    pub deals: Vec<Deal>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    pub key: String,
    pub name: String,
    #[serde(default)]
    pub parent: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub key: String,
    pub name: String,
    pub team: String,
    pub role: String,
    #[serde(default)]
    pub leads: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub key: String,
    pub name: String,
    pub industry: String,
    pub location: String,
    /// The customer of which it is a plant; empty = none.
    #[serde(default)]
    pub parent: String,
    /// Who looks after it; empty = the seller of its deals.
    #[serde(default)]
    pub owner: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cast {
    pub contacts: Vec<Contact>,
    pub influences: Vec<Influence>,
}

/// Someone at the customer and the part played in the decision.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub key: String,
    #[serde(default)]
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub department: String,
    /// Where the person works; empty = the deal's account.
    #[serde(default)]
    pub account: String,
    #[serde(deserialize_with = "function")]
    pub function: Function,
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<StakeholderRole>,
    pub weight: Option<i32>,
    #[serde(default, deserialize_with = "attitude")]
    pub attitude: Attitude,
    #[serde(default, deserialize_with = "coverage")]
    pub coverage: Coverage,
    #[serde(default)]
    pub evidence: String,
    pub since: Option<Day>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Influence {
    pub from: String,
    pub to: String,
    pub strength: i32,
    #[serde(default)]
    pub formal: bool,
}

/// A deal and what happens to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deal {
    pub key: String,
    pub name: String,
    pub account: String,
    pub owner: String,
    pub product: String,
    pub non_standard: Option<bool>,
    /// CNY.
    pub amount: Option<i64>,
    pub known_since: Option<Day>,
    pub closes: Option<Day>,
    pub entered_at: i32,
    pub competitors: Vec<String>,
    /// What is known of need, timetable, budget, competition, decision process, priority
    /// criteria, in this order; "" = unknown, "?…" = partly known.
    pub facts: Vec<String>,
    /// Or a set of facts, and the need that is this deal's own.
    pub knows: String,
    pub need: String,
    pub facts_source: String,
    pub facts_day: Option<Day>,
    /// A set of people, and their names in its order.
    pub cast: String,
    pub names: Vec<String>,
    /// People of this deal only.
    pub contacts: Vec<Contact>,
    pub influences: Vec<Influence>,
    /// To the factors of the example model, in its order; -1 = unknown.
    pub answers: Vec<i32>,
    /// Kinds and days.
    pub evidence: BTreeMap<String, Day>,
    /// Where the customer stands; 0 = unknown.
    pub customer: i32,
    pub customer_evidence: String,
    /// How many key nodes are reached.
    pub advances: i32,
    /// Reasons of the moves by force that follow.
    pub forces: Vec<String>,
    pub activities: Vec<Activity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    #[serde(deserialize_with = "kind")]
    pub kind: ActivityKind,
    pub day: Day,
    #[serde(default)]
    pub purpose: String,
    pub outcome: String,
    /// Keys of contacts.
    #[serde(default)]
    pub with: Vec<String>,
    /// What follows; nothing when empty.
    #[serde(default)]
    pub next: String,
    pub due: Option<Day>,
    #[serde(default)]
    pub why: String,
}

impl Script {
    /// The demo that comes with the executable.
    pub fn embedded() -> anyhow::Result<Self> {
        let mut script = Self::default();
        for (name, text) in FILES {
            let part: Self = toml::from_str(text).with_context(|| format!("the demo's {name}"))?;
            script.teams.extend(part.teams);
            script.people.extend(part.people);
            script.accounts.extend(part.accounts);
            script.casts.extend(part.casts);
            script.knowledge.extend(part.knowledge);
            script.deals.extend(part.deals);
        }
        script.check()?;
        Ok(script)
    }

    /// The people of a deal, named, and their influences.
    pub fn cast(&self, deal: &Deal) -> Cast {
        let mut cast = self.casts.get(&deal.cast).cloned().unwrap_or_default();
        for (contact, name) in cast.contacts.iter_mut().zip(&deal.names) {
            contact.name.clone_from(name);
        }
        cast.contacts.extend(deal.contacts.iter().cloned());
        cast.influences.extend(deal.influences.iter().cloned());
        cast
    }

    /// Who looks after the account: whoever it says, or the seller of its deals.
    pub fn owner_of(&self, account: &Account) -> Option<&Person> {
        let of_deal = || self.deals.iter().find(|deal| deal.account == account.key);
        let owner = match account.owner.as_str() {
            "" => &of_deal()?.owner,
            _ => &account.owner,
        };
        self.people.iter().find(|person| person.key == *owner)
    }

    /// What is known of the six elements, in their order.
    pub fn facts(&self, deal: &Deal) -> Vec<String> {
        let mut facts = self
            .knowledge
            .get(&deal.knows)
            .unwrap_or(&deal.facts)
            .clone();
        if let Some(need) = facts.first_mut().filter(|_| !deal.need.is_empty()) {
            need.clone_from(&deal.need);
        }
        facts
    }

    /// Every key that is named is there; every person of a cast has a name.
    fn check(&self) -> anyhow::Result<()> {
        let people: BTreeSet<&str> = self.people.iter().map(|p| p.key.as_str()).collect();
        let accounts: BTreeSet<&str> = self.accounts.iter().map(|a| a.key.as_str()).collect();
        for account in &self.accounts {
            let key = &account.key;
            ensure!(
                self.owner_of(account).is_some(),
                "{key}: nobody sells to it"
            );
            ensure!(
                account.parent.is_empty() || accounts.contains(account.parent.as_str()),
                "{key}: there is no account {}",
                account.parent
            );
        }
        for deal in &self.deals {
            let key = &deal.key;
            ensure!(
                people.contains(deal.owner.as_str()),
                "{key}: there is no person {}",
                deal.owner
            );
            ensure!(
                accounts.contains(deal.account.as_str()),
                "{key}: there is no account {}",
                deal.account
            );
            ensure!(
                deal.cast.is_empty() || self.casts.contains_key(&deal.cast),
                "{key}: there is no cast {}",
                deal.cast
            );
            ensure!(
                deal.knows.is_empty() || self.knowledge.contains_key(&deal.knows),
                "{key}: there is no knowledge {}",
                deal.knows
            );
            ensure!(self.facts(deal).len() == 6, "{key}: there are six elements");
            ensure!(
                !deal.activities.is_empty(),
                "{key}: its activities say whether it was played to its end"
            );
            let cast = self.cast(deal);
            ensure!(
                cast.contacts.iter().all(|c| !c.name.is_empty()),
                "{key}: somebody has no name"
            );
            let known: BTreeSet<&str> = cast.contacts.iter().map(|c| c.key.as_str()).collect();
            let named = cast
                .influences
                .iter()
                .flat_map(|i| [&i.from, &i.to])
                .chain(deal.activities.iter().flat_map(|a| &a.with));
            for contact in named {
                ensure!(
                    known.contains(contact.as_str()),
                    "{key}: there is no contact {contact}"
                );
            }
        }
        Ok(())
    }
}

/// An enum by the last part of its name: `"supporter"` is `ATTITUDE_SUPPORTER`.
macro_rules! by_name {
    ($($function:ident: $type:ident, $prefix:literal;)*) => {$(
        fn $function<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
            let name = String::deserialize(from)?;
            $type::from_str_name(&format!("{}{}", $prefix, name.to_uppercase()))
                .ok_or_else(|| D::Error::custom(format!("`{name}` is no {}", stringify!($type))))
        }
    )*};
}

by_name! {
    function: Function, "FUNCTION_";
    attitude: Attitude, "ATTITUDE_";
    coverage: Coverage, "COVERAGE_";
    kind: ActivityKind, "ACTIVITY_KIND_";
}

fn roles<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<StakeholderRole>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let role = |name: &String| {
        StakeholderRole::from_str_name(&format!("STAKEHOLDER_ROLE_{}", name.to_uppercase()))
            .ok_or_else(|| D::Error::custom(format!("`{name}` is no role")))
    };
    names.iter().map(role).collect()
}

#[cfg(test)]
mod tests;
