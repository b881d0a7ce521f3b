//! A sample of a tenant's accounts, from which follows what is common there. Each process
//! keeps one per tenant for a while: scores move a little when it is drawn anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use keynode_kit::call::{Call, TenantId};
use sqlx::PgConnection;

use super::commonness::Commonness;
use super::grams;
use super::name::Name;
use super::score::Profile;
use crate::error::Error;

/// Accounts in a sample at most.
const SIZE: i64 = 4000;
/// How long a sample is good; one that holds every account ages faster.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);
const WHOLE_GOOD_FOR: SignedDuration = SignedDuration::from_secs(5);
/// Tenants whose samples are kept.
const TENANTS: usize = 200;
/// A piece that more accounts have is common.
const RARE: f64 = 500.0;
/// Of the common pieces, the rarest so many are paired.
const PAIRED: usize = 3;
/// With fewer rare pieces than this all pairs are asked for, else one.
const ENOUGH_RARE: usize = 2;

/// What is common among a tenant's accounts.
#[derive(Debug, Default)]
pub struct Sample {
    pub common: Commonness,
    /// Accounts in the sample, and about how many there are.
    size: usize,
    total: f64,
    pieces: HashMap<i32, u32>,
}

/// What to look for, by how common it is.
#[derive(Debug, Default, PartialEq)]
pub struct Pieces {
    pub rare: Vec<i32>,
    /// Pairs of common pieces, of which both must be there.
    pub pair_left: Vec<i32>,
    pub pair_right: Vec<i32>,
    pub every: Vec<i32>,
}

/// The samples of this process; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Samples(Arc<Mutex<HashMap<TenantId, Drawn>>>);

/// A sample and when it was drawn.
type Drawn = (Timestamp, Arc<Sample>);

impl Samples {
    /// The sample of the caller's tenant, drawn anew when it is too old.
    pub async fn get(
        &self,
        connection: &mut PgConnection,
        call: &Call,
    ) -> Result<Arc<Sample>, Error> {
        let tenant = call.tenant()?;
        if let Some(sample) = self.kept(tenant, call.now) {
            return Ok(sample);
        }
        let sample = Arc::new(Sample::draw(connection).await?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= TENANTS {
            kept.clear();
        }
        kept.insert(tenant, (call.now, sample.clone()));
        Ok(sample)
    }

    fn kept(&self, tenant: TenantId, now: Timestamp) -> Option<Arc<Sample>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (drawn, sample) = kept.get(&tenant)?;
        let good_for = match sample.is_whole() {
            true => WHOLE_GOOD_FOR,
            false => GOOD_FOR,
        };
        (now.duration_since(*drawn) < good_for).then(|| sample.clone())
    }
}

impl Sample {
    async fn draw(connection: &mut PgConnection) -> Result<Self, Error> {
        let rows = sqlx::query!(
            r#"select spread, names[1] as "name!", grams from accounts.match_profile
               where tenant_id = events.tenant_id() order by spread limit $1"#,
            SIZE,
        )
        .fetch_all(connection)
        .await?;
        let mut sample = Self {
            size: rows.len(),
            ..Self::default()
        };
        for row in &rows {
            sample.common.count(&Name::read(&row.name));
            for piece in &row.grams {
                *sample.pieces.entry(*piece).or_default() += 1;
            }
        }
        sample.total = total(rows.len(), rows.last().map(|row| row.spread));
        Ok(sample)
    }

    fn is_whole(&self) -> bool {
        (self.size as i64) < SIZE
    }

    /// What to look for to find a description.
    pub fn pieces(&self, tenant: TenantId, profile: &Profile) -> Pieces {
        let every = grams::asked(tenant, profile);
        let mut by_count: Vec<(f64, i32)> = every
            .iter()
            .map(|piece| (self.accounts_with(*piece), *piece))
            .collect();
        by_count.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let rare = |entry: &&(f64, i32)| entry.0 <= RARE;
        let rare: Vec<i32> = by_count.iter().filter(rare).map(|entry| entry.1).collect();
        let common: Vec<i32> = by_count
            .iter()
            .skip(rare.len())
            .take(PAIRED)
            .map(|entry| entry.1)
            .collect();
        let mut pairs: Vec<(i32, i32)> = Vec::new();
        for (index, left) in common.iter().enumerate() {
            pairs.extend(common.iter().skip(index + 1).map(|right| (*left, *right)));
        }
        if rare.len() >= ENOUGH_RARE {
            pairs.truncate(1);
        }
        let rare = match (rare.as_slice(), common.as_slice()) {
            // One common piece alone: as many of those that have it as are looked at.
            ([], [only]) => vec![*only],
            _ => rare,
        };
        let (pair_left, pair_right) = pairs.into_iter().unzip();
        Pieces {
            rare,
            pair_left,
            pair_right,
            every,
        }
    }

    /// About how many accounts of the tenant have this piece.
    fn accounts_with(&self, piece: i32) -> f64 {
        let seen = f64::from(self.pieces.get(&piece).copied().unwrap_or(0));
        seen * self.total / self.size.max(1) as f64
    }
}

/// About how many accounts there are, when so many of them have a spread up to `largest`:
/// spreads are even over all integers.
fn total(size: usize, largest: Option<i32>) -> f64 {
    let Some(largest) = largest.filter(|_| size as i64 >= SIZE) else {
        return size as f64;
    };
    let below = f64::from(largest) - f64::from(i32::MIN) + 1.0;
    size as f64 * 2f64.powi(32) / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_follows_from_how_dense_the_sample_is() {
        assert_eq!(total(10, Some(5)), 10.0);
        let quarter = i32::MIN / 2;
        assert!((total(4000, Some(quarter)) - 16000.0).abs() < 1.0);
    }

    #[test]
    fn common_pieces_are_asked_for_in_pairs() {
        let tenant = TenantId(uuid::Uuid::nil());
        let profile = Profile {
            names: vec![Name::read("上海重工")],
            ..Profile::default()
        };
        let fresh = Sample::default().pieces(tenant, &profile);
        assert_eq!((fresh.rare.len(), fresh.pair_left.len()), (3, 0));
        let common = |texts: &[&str]| Sample {
            size: 4000,
            total: 1e6,
            pieces: texts
                .iter()
                .map(|text| (grams::hash(tenant, text), 40))
                .collect(),
            ..Sample::default()
        };
        let found = common(&["上海", "重工"]).pieces(tenant, &profile);
        assert_eq!((found.rare.len(), found.pair_left.len()), (1, 1));
        let found = common(&["上海", "重工", "海重"]).pieces(tenant, &profile);
        assert_eq!((found.rare.len(), found.pair_left.len()), (0, 3));
    }
}
