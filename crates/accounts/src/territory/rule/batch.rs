//! Assigns many accounts that compete for room.

use super::{Atlas, Facts, Fit, Loads, Outcome, choose};

/// More than any set of rules has needed; a bound, because loads decide between equals.
const MAX_ROUNDS: usize = 100;

/// The outcome for each account. Those that a territory names come first, then those that
/// have one, then by age. Rounds go on until nobody finds a better place that somebody else
/// has left, so that doing the same again changes nothing.
pub fn assign_all(facts: &[Facts], atlas: &Atlas, loads: &Loads) -> Vec<Outcome> {
    let fits: Vec<Vec<Fit<'_>>> = facts.iter().map(|facts| atlas.fits(facts)).collect();
    let mut facts = facts.to_vec();
    let mut loads = loads.clone();
    let mut outcomes = vec![Outcome::NoTerritory; facts.len()];
    for _ in 0..MAX_ROUNDS {
        let mut is_settled = true;
        for index in in_turn(&facts, atlas) {
            let (Some(account), Some(fits)) = (facts.get_mut(index), fits.get(index)) else {
                continue;
            };
            let outcome = choose(account, fits, atlas, &loads);
            is_settled &= !go(account, outcome, &mut loads);
            if let Some(slot) = outcomes.get_mut(index) {
                *slot = outcome;
            }
        }
        if is_settled {
            break;
        }
    }
    outcomes
}

fn in_turn(facts: &[Facts], atlas: &Atlas) -> Vec<usize> {
    let mut turns: Vec<(bool, bool, _, usize)> = facts
        .iter()
        .enumerate()
        .map(|(index, facts)| {
            let is_named = atlas.named.contains_key(&facts.account);
            (!is_named, facts.current.is_none(), facts.account, index)
        })
        .collect();
    turns.sort_unstable();
    turns.into_iter().map(|(.., index)| index).collect()
}

/// Counts the account where it goes; whether that is another place.
fn go(account: &mut Facts, outcome: Outcome, loads: &mut Loads) -> bool {
    let Some(to) = outcome
        .territory()
        .filter(|to| account.current != Some(*to))
    else {
        return false;
    };
    if let Some(load) = account.current.and_then(|from| loads.get_mut(&from)) {
        *load = load.saturating_sub(1);
    }
    *loads.entry(to).or_default() += 1;
    account.current = Some(to);
    true
}
