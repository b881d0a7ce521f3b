//! What is known of the account with a number: rare and common values, spread out and in a
//! row, so that no plan is good for all of them by chance.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::load::account_id;

const PEOPLE: u128 = 0x0192_0000_0000_7000_8000_0000_0000_0000;
const TEAMS: u128 = 0x0193_0000_0000_7000_8000_0000_0000_0000;
/// People and teams between whom the accounts are spread.
const OWNERS: u64 = 1000;
const SPREAD_TEAMS: u64 = 50;
/// The last accounts are those of somebody who has no others.
const FEW: u64 = 20;
/// One in so many accounts at the end belongs to a team that has no others.
const LATE: u64 = 33;
/// Whoever is under the first account.
pub const LARGE_GROUP: u64 = 10_000;

pub struct Traits {
    pub terms: Vec<String>,
    pub system: Option<&'static str>,
    number: u64,
    owner: Uuid,
    team: Option<Uuid>,
    parent: Option<Uuid>,
}

/// Of account `number` among `of`.
pub fn of(number: u64, of: u64) -> Traits {
    let is_of_few = number + FEW >= of;
    let is_late = number + of / LATE >= of;
    let mut terms = vec![format!("attributes/area={}", number % 5000)];
    if number.is_multiple_of(10) {
        terms.push("tag:common".to_owned());
    }
    if number % 10_000 == 7 {
        terms.push("tag:rare".to_owned());
    }
    let parent = match number {
        1..=LARGE_GROUP => Some(0),
        _ => (!number.is_multiple_of(10)).then(|| number - number % 10),
    };
    Traits {
        terms,
        system: match number % 5000 {
            1 => Some("legacy"),
            n => n.is_multiple_of(2).then_some("erp"),
        },
        number,
        owner: if is_of_few {
            few()
        } else {
            owner(number % OWNERS)
        },
        team: match (is_of_few, is_late) {
            (true, _) => None,
            (_, true) => Some(late()),
            _ => Some(team(number % SPREAD_TEAMS)),
        },
        parent: parent.map(account_id),
    }
}

impl Traits {
    /// As COPY takes them.
    pub fn columns(&self) -> String {
        let n = self.number;
        let time = time(n);
        let null = || "\\N".to_owned();
        let optional = |id: Option<Uuid>| id.map_or_else(null, |id| id.to_string());
        let kind = if n % 5000 == 11 { 3 } else { 1 };
        let level = if n % 1000 == 13 { 3 } else { 0 };
        [
            time.clone(),
            time,
            format!("industry {}", n % 20),
            format!("region {}", region(n)),
            kind.to_string(),
            level.to_string(),
            self.owner.to_string(),
            optional(self.team),
            optional(self.parent),
            self.system.map_or_else(null, str::to_owned),
            self.system.map_or_else(null, |_| n.to_string()),
        ]
        .join("\t")
    }
}

/// Common regions, and one that is found at the end only.
fn region(number: u64) -> u64 {
    if number % 5000 == 4999 {
        99
    } else {
        number % 30
    }
}

/// When it last changed: the later it was made, the later.
pub fn time(number: u64) -> String {
    (start() + SignedDuration::from_secs(number.cast_signed())).to_string()
}

pub fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub fn owner(number: u64) -> Uuid {
    Uuid::from_u128(PEOPLE + u128::from(number))
}

pub fn few() -> Uuid {
    owner(OWNERS)
}

pub fn team(number: u64) -> Uuid {
    Uuid::from_u128(TEAMS + u128::from(number))
}

pub fn late() -> Uuid {
    team(SPREAD_TEAMS)
}
