//! How closely a territory fits an account.

use std::cmp::Reverse;

use super::{Atlas, Facts, Reason, Territory};
use crate::territory::words;

/// A territory that an account may fall to, were there room.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    pub territory: &'a Territory,
    pub reason: Reason,
    /// How many territories stand above it.
    depth: usize,
}

impl Fit<'_> {
    /// The smaller comes first.
    pub fn rank(&self) -> (Reverse<u8>, Reverse<usize>, Reverse<i32>) {
        let closeness = match self.reason {
            Reason::Named => 3,
            Reason::RegionAndIndustry => 2,
            Reason::Region | Reason::Industry => 1,
            Reason::Overflow { .. } => 0,
        };
        (
            Reverse(closeness),
            Reverse(self.depth),
            Reverse(self.territory.priority),
        )
    }
}

impl Atlas {
    /// Every territory that the account may fall to, in no order.
    pub fn fits(&self, facts: &Facts) -> Vec<Fit<'_>> {
        let location = facts.location.to_lowercase();
        let industry = facts.industry.trim().to_lowercase();
        let named = self.named.get(&facts.account);
        self.territories
            .values()
            .filter_map(|territory| match named == Some(&territory.id) {
                true => Some(Fit {
                    territory,
                    reason: Reason::Named,
                    depth: 0,
                }),
                false => self.fit(territory, &location, &industry),
            })
            .collect()
    }

    /// The rules of all territories above must fit too; one without rules of its own takes
    /// nothing by rule.
    fn fit<'a>(
        &'a self,
        territory: &'a Territory,
        location: &str,
        industry: &str,
    ) -> Option<Fit<'a>> {
        if territory.regions.is_empty() && territory.industries.is_empty() {
            return None;
        }
        let line = self.line(territory);
        let region = fit_all(
            &line,
            |t| &t.regions,
            |word| words::contains(location, word),
        )?;
        let trade = fit_all(&line, |t| &t.industries, |word| word == industry)?;
        let reason = match (region, trade) {
            (true, true) => Reason::RegionAndIndustry,
            (true, false) => Reason::Region,
            _ => Reason::Industry,
        };
        Some(Fit {
            territory,
            reason,
            depth: line.len(),
        })
    }

    /// The territory and all above it.
    fn line<'a>(&'a self, territory: &'a Territory) -> Vec<&'a Territory> {
        let mut line = vec![territory];
        let mut next = territory.parent;
        while let Some(above) = next.and_then(|id| self.territories.get(&id)) {
            if line.iter().any(|known| known.id == above.id) {
                break;
            }
            line.push(above);
            next = above.parent;
        }
        line
    }
}

/// Whether the line asks for one of these words at all; none when a word is asked for that
/// does not fit.
fn fit_all(
    line: &[&Territory],
    words: impl Fn(&Territory) -> &Vec<String>,
    fits: impl Fn(&String) -> bool,
) -> Option<bool> {
    let mut is_asked = false;
    for asked in line.iter().map(|territory| words(territory)) {
        if !asked.is_empty() {
            is_asked = true;
            asked.iter().find(|word| fits(word))?;
        }
    }
    Some(is_asked)
}
