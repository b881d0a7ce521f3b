//! To which territory an account falls: a pure function of the account, the territories and
//! how many accounts each has.

mod batch;
mod fit;

use std::collections::HashMap;

use uuid::Uuid;

pub use batch::assign_all;
use fit::Fit;

/// What an account says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub account: Uuid,
    pub location: String,
    pub industry: String,
    /// The territory that it was last given to.
    pub current: Option<Uuid>,
}

/// What a territory takes.
#[derive(Clone, Debug, Default)]
pub struct Territory {
    pub id: Uuid,
    pub team: Uuid,
    pub owner: Option<Uuid>,
    pub priority: i32,
    /// In lower case.
    pub regions: Vec<String>,
    /// In lower case.
    pub industries: Vec<String>,
    pub capacity: Option<u32>,
    pub overflow: Option<Uuid>,
    pub parent: Option<Uuid>,
}

/// The territories in use, and which of them names which account.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    pub territories: HashMap<Uuid, Territory>,
    /// Account → territory.
    pub named: HashMap<Uuid, Uuid>,
}

/// Territory → how many accounts it has.
pub type Loads = HashMap<Uuid, u32>;

/// Why a territory takes an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Named,
    RegionAndIndustry,
    Region,
    Industry,
    Overflow { of: Uuid },
}

/// What becomes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Assigned { territory: Uuid, reason: Reason },
    NoTerritory,
    AllFull,
}

impl Outcome {
    /// The territory that takes the account.
    pub fn territory(self) -> Option<Uuid> {
        match self {
            Self::Assigned { territory, .. } => Some(territory),
            Self::NoTerritory | Self::AllFull => None,
        }
    }
}

/// The territory that takes the account. Named comes before fitting, close before loose,
/// then depth, priority, where the account is already, the smaller load, the older.
pub fn assign(facts: &Facts, atlas: &Atlas, loads: &Loads) -> Outcome {
    choose(facts, &atlas.fits(facts), atlas, loads)
}

fn choose(facts: &Facts, fits: &[Fit<'_>], atlas: &Atlas, loads: &Loads) -> Outcome {
    let mut ranked: Vec<_> = fits.iter().collect();
    ranked.sort_by_cached_key(|fit| {
        let id = fit.territory.id;
        let load = loads.get(&id).copied().unwrap_or_default();
        (fit.rank(), facts.current != Some(id), load, id)
    });
    let taker = ranked
        .iter()
        .find_map(|fit| Some((fit, atlas.taker(facts, fit.territory, loads)?)));
    match taker {
        None if ranked.is_empty() => Outcome::NoTerritory,
        None => Outcome::AllFull,
        Some((fit, territory)) => Outcome::Assigned {
            territory,
            reason: match territory == fit.territory.id {
                true => fit.reason,
                false => Reason::Overflow {
                    of: fit.territory.id,
                },
            },
        },
    }
}

impl Atlas {
    /// The territory, or the first with room of those that it overflows into.
    fn taker(&self, facts: &Facts, first: &Territory, loads: &Loads) -> Option<Uuid> {
        let mut next = Some(first);
        let mut passed = Vec::new();
        while let Some(territory) = next.filter(|territory| !passed.contains(&territory.id)) {
            if has_room(facts, territory, loads) {
                return Some(territory.id);
            }
            passed.push(territory.id);
            next = territory.overflow.and_then(|id| self.territories.get(&id));
        }
        None
    }
}

/// An account finds room where it is already, unless there are too many others.
fn has_room(facts: &Facts, territory: &Territory, loads: &Loads) -> bool {
    let load = loads.get(&territory.id).copied().unwrap_or_default();
    let is_counted = facts.current == Some(territory.id);
    let others = load.saturating_sub(u32::from(is_counted));
    territory.capacity.is_none_or(|capacity| others < capacity)
}

#[cfg(test)]
mod tests;
