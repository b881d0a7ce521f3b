//! The pieces of a description by which it is found, as numbers.

use std::collections::BTreeSet;

use keynode_kit::call::TenantId;

use super::name::Name;
use super::phone;
use super::score::Profile;

/// Characters of a core make a pair with as many that follow.
const INDEXED_REACH: usize = 3;
const ASKED_REACH: usize = 1;
/// Longer words are also found by so many letters at their beginning.
const BEGINNING: usize = 4;

/// What an account is found by.
pub fn indexed(tenant: TenantId, profile: &Profile) -> Vec<i32> {
    hashed(tenant, &pieces(profile, INDEXED_REACH))
}

/// What is looked for: fewer, because people leave characters out but seldom turn them round.
pub fn asked(tenant: TenantId, profile: &Profile) -> Vec<i32> {
    hashed(tenant, &pieces(profile, ASKED_REACH))
}

/// A number for a piece, other for every tenant; two pieces may share one. Stored: it must
/// never change (FNV-1a).
pub fn hash(tenant: TenantId, piece: &str) -> i32 {
    let bytes = tenant.0.as_bytes().iter().chain(piece.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = (hash >> 32) ^ (hash & 0xffff_ffff);
    (folded as u32).cast_signed()
}

fn hashed(tenant: TenantId, pieces: &BTreeSet<String>) -> Vec<i32> {
    let numbers: BTreeSet<i32> = pieces.iter().map(|piece| hash(tenant, piece)).collect();
    numbers.into_iter().collect()
}

fn pieces(profile: &Profile, reach: usize) -> BTreeSet<String> {
    let mut pieces = BTreeSet::new();
    for name in &profile.names {
        add_pairs(name, reach, &mut pieces);
        name.tokens
            .iter()
            .for_each(|token| add_word(token, &mut pieces));
    }
    for address in profile
        .addresses
        .iter()
        .filter(|address| !address.number.is_empty())
    {
        pieces.insert(format!("a:{} {}", address.number, address.street));
    }
    pieces.extend(
        profile
            .phones
            .iter()
            .map(|number| format!("p:{}", phone::tail(number))),
    );
    pieces
}

fn add_pairs(name: &Name, reach: usize, pieces: &mut BTreeSet<String>) {
    if let [only] = name.core.as_slice() {
        pieces.insert(only.to_string());
    }
    for (index, first) in name.core.iter().enumerate() {
        for second in name.core.iter().skip(index + 1).take(reach) {
            pieces.insert([*first, *second].iter().collect());
        }
    }
}

/// A word whole, by its beginning, and by its consonants: typing errors mostly spare one.
fn add_word(word: &str, pieces: &mut BTreeSet<String>) {
    pieces.insert(format!("t:{word}"));
    if word.chars().count() > BEGINNING {
        pieces.insert(format!(
            "b:{}",
            word.chars().take(BEGINNING).collect::<String>()
        ));
        pieces.insert(format!("c:{}", consonants(word)));
    }
}

fn consonants(word: &str) -> String {
    let mut kept: Vec<char> = word.chars().filter(|c| !"aeiouy".contains(*c)).collect();
    kept.dedup();
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Profile {
        Profile {
            names: vec![Name::read(text)],
            ..Profile::default()
        }
    }

    fn share(typed: &str, stored: &str) -> bool {
        let tenant = TenantId(uuid::Uuid::nil());
        let stored = indexed(tenant, &of(stored));
        asked(tenant, &of(typed))
            .iter()
            .any(|number| stored.contains(number))
    }

    #[test]
    fn what_people_leave_out_or_mistype_still_leads_there() {
        assert!(share("金钼股份", "金堆城钼业股份有限公司"));
        assert!(share("Philippe", "Phillipe the Original"));
        assert!(share("delicatesen", "Art's Delicatessen"));
        assert!(!share("岩石股份", "上海贵酒股份有限公司"));
    }

    #[test]
    fn tenants_have_other_numbers_and_numbers_stay() {
        let one = TenantId(uuid::Uuid::nil());
        let other = TenantId(uuid::Uuid::max());
        assert_ne!(hash(one, "上海"), hash(other, "上海"));
        assert_eq!(hash(one, "上海"), hash(one, "上海"));
    }
}
