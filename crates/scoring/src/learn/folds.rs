//! Deals rows to folds: rows that say the same stay together, or one fold would know the answers
//! of another; won and lost are spread evenly.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::table::Case;

/// With fewer factors rows say the same by chance.
const FEW_FACTORS: usize = 3;

/// The fold of every case, by what these factors say of it.
pub(crate) fn deal(cases: &[Case<'_>], factors: &[String], folds: usize, seed: u64) -> Vec<usize> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        groups
            .entry(identity(case, factors))
            .or_default()
            .push(index);
    }
    let fits = |members: &[usize]| members.len() * folds <= cases.len();
    if factors.len() < FEW_FACTORS || !groups.values().all(|members| fits(members)) {
        groups = apart(groups, cases, |members| {
            factors.len() >= FEW_FACTORS && fits(members)
        });
    }
    let mut shuffled: Vec<(Vec<u8>, Vec<usize>)> = groups
        .into_iter()
        .map(|(identity, members)| (lot(seed, &identity), members))
        .collect();
    shuffled.sort();
    let mut fold_of = vec![0; cases.len()];
    // Groups of mostly won deals, then the others, each dealt to the fold that has the fewest.
    for mostly_won in [true, false] {
        let mut sizes = vec![0; folds];
        let chosen = shuffled
            .iter()
            .filter(|(_, members)| is_mostly_won(cases, members) == mostly_won);
        for (_, members) in chosen {
            let smallest = (0..folds).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
            sizes[smallest] += members.len();
            members.iter().for_each(|index| fold_of[*index] = smallest);
        }
    }
    fold_of
}

/// Deals rows of groups that are no copies of one another one by one: those of which there are
/// more than a fold holds, or where factors are few.
fn apart(
    groups: BTreeMap<String, Vec<usize>>,
    cases: &[Case<'_>],
    stays: impl Fn(&[usize]) -> bool,
) -> BTreeMap<String, Vec<usize>> {
    let mut all = BTreeMap::new();
    for (identity, members) in groups {
        if stays(&members) {
            all.insert(identity, members);
        } else {
            let alone = members
                .into_iter()
                .map(|index| (cases[index].key.to_owned(), vec![index]));
            all.extend(alone);
        }
    }
    all
}

fn identity(case: &Case<'_>, factors: &[String]) -> String {
    let values = case.known.iter();
    values
        .filter(|(factor, _)| factors.iter().any(|it| it == *factor))
        .map(|(factor, value)| format!("{factor:?}={value:?};"))
        .collect()
}

fn lot(seed: u64, identity: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(identity.as_bytes());
    hash.finalize().to_vec()
}

fn is_mostly_won(cases: &[Case<'_>], members: &[usize]) -> bool {
    let won = members.iter().filter(|index| cases[**index].won).count();
    2 * won >= members.len()
}
