//! Keeps the pairs that a scan found.

use std::collections::{HashMap, HashSet};

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::DuplicateCandidateChanged;
use sqlx::PgConnection;
use uuid::Uuid;

use super::candidate::{Pair, stored_reasons};
use super::profile::{self, Candidate};
use super::sample::Sample;
use super::score::{Score, compare};
use crate::error::Error;
use crate::ids::DuplicateCandidateId;

/// A score that moved less did not change.
const MOVED: f64 = 0.001;

type Key = (Uuid, Uuid);

/// Scores by pair, smaller id first.
pub type Scores = HashMap<Key, Score>;

impl Pair {
    fn key(&self) -> Key {
        (self.first_id, self.second_id)
    }
}

/// The pairs of these accounts that nobody decided, kept from other writers until the
/// transaction ends.
pub async fn open_pairs(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<Pair>, Error> {
    let ids = sqlx::query_scalar!(
        "select id from accounts.duplicate_candidate
         where (decision is null or decision = 'review') and (first_id = any($1) or second_id = any($1))",
        accounts,
    )
    .fetch_all(&mut *connection)
    .await?;
    let subjects: Vec<String> = ids
        .iter()
        .map(|id| DuplicateCandidateId(*id).to_string())
        .collect();
    log::take_turn(connection, &subjects).await?;
    let rows = sqlx::query_as!(
        Pair,
        "select id, version, created_at, updated_at, first_id, second_id, score, reasons, decision, decided_by,
                decided_at, decision_reason
         from accounts.duplicate_candidate
         where id = any($1) and (decision is null or decision = 'review')
         order by id for no key update",
        &ids,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Scores the open pairs that a scan did not come across again.
pub async fn score_open(
    connection: &mut PgConnection,
    sample: &Sample,
    open: &[Pair],
    scores: &mut Scores,
) -> Result<(), Error> {
    let missing: Vec<Key> = open
        .iter()
        .map(Pair::key)
        .filter(|key| !scores.contains_key(key))
        .collect();
    let ids: Vec<Uuid> = missing.iter().flat_map(|key| [key.0, key.1]).collect();
    let profiles: HashMap<Uuid, Candidate> = profile::load(connection, &ids)
        .await?
        .into_iter()
        .map(|profile| (profile.account_id, profile))
        .collect();
    for key in missing {
        if let (Some(first), Some(second)) = (profiles.get(&key.0), profiles.get(&key.1))
            && let Some(score) = compare(&first.profile(), &second.profile(), &sample.common)
        {
            scores.insert(key, score);
        }
    }
    Ok(())
}

/// Adds the pairs that are new and gives the open ones their new scores; answers how many
/// of each. Decided pairs stay as they are.
pub async fn store(
    w: &mut Writer<'_>,
    call: &Call,
    scores: &Scores,
    open: Vec<Pair>,
) -> Result<(usize, usize), Error> {
    let accounts: Vec<Uuid> = scores.keys().flat_map(|key| [key.0, key.1]).collect();
    let names = names(w, &accounts).await?;
    let known = known(w, scores).await?;
    let mut changed = 0;
    for before in open {
        if let Some(score) = scores.get(&before.key())
            && (score.value - before.score).abs() > MOVED
        {
            rescore(w, call, before, score, &names).await?;
            changed += 1;
        }
    }
    let mut new: Vec<(&Key, &Score)> = scores
        .iter()
        .filter(|(key, _)| !known.contains(key))
        .collect();
    new.sort_by_key(|(key, _)| **key);
    let mut added = 0;
    for (key, score) in new {
        added += usize::from(add(w, call, *key, score, &names).await?);
    }
    Ok((added, changed))
}

/// The names of the accounts for people, for the events.
pub async fn names(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    let rows = sqlx::query!(
        "select id, display_name from accounts.account where id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.display_name))
        .collect())
}

/// Which of these pairs are stored, decided or not.
async fn known(connection: &mut PgConnection, scores: &Scores) -> Result<HashSet<Key>, Error> {
    let (first, second): (Vec<Uuid>, Vec<Uuid>) = scores.keys().copied().unzip();
    let rows = sqlx::query!(
        "select first_id, second_id from accounts.duplicate_candidate
         where tenant_id = events.tenant_id()
           and (first_id, second_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
        &first,
        &second,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.first_id, row.second_id))
        .collect())
}

async fn rescore(
    w: &mut Writer<'_>,
    call: &Call,
    before: Pair,
    score: &Score,
    names: &HashMap<Uuid, String>,
) -> Result<(), Error> {
    let after = Pair {
        version: before.version + 1,
        updated_at: call.now.to_sqlx(),
        score: score.value,
        reasons: stored_reasons(&score.reasons),
        ..before.clone()
    };
    sqlx::query!(
        "update accounts.duplicate_candidate set version = $2, updated_at = $3, score = $4, reasons = $5 where id = $1",
        after.id,
        after.version,
        after.updated_at as _,
        after.score,
        after.reasons,
    )
    .execute(&mut **w)
    .await?;
    record(w, Some(&before), &after, names);
    Ok(())
}

async fn add(
    w: &mut Writer<'_>,
    call: &Call,
    key: Key,
    score: &Score,
    names: &HashMap<Uuid, String>,
) -> Result<bool, Error> {
    let pair = Pair {
        id: w.id(),
        version: 1,
        created_at: call.now.to_sqlx(),
        updated_at: call.now.to_sqlx(),
        first_id: key.0,
        second_id: key.1,
        score: score.value,
        reasons: stored_reasons(&score.reasons),
        decision: None,
        decided_by: None,
        decided_at: None,
        decision_reason: String::new(),
    };
    // A merge that decided about the pair at the same moment comes first.
    let is_new = insert(w, &pair).await?;
    if is_new {
        record(w, None, &pair, names);
    }
    Ok(is_new)
}

/// Adds a pair unless it is there; answers whether it was not.
pub async fn insert(connection: &mut PgConnection, pair: &Pair) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "insert into accounts.duplicate_candidate
           (tenant_id, id, version, created_at, updated_at, first_id, second_id, score, reasons, decision,
            decided_by, decided_at, decision_reason)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict on constraint duplicate_candidate_pair_key do nothing",
        pair.id,
        pair.version,
        pair.created_at as _,
        pair.updated_at as _,
        pair.first_id,
        pair.second_id,
        pair.score,
        pair.reasons,
        pair.decision,
        pair.decided_by,
        pair.decided_at as _,
        pair.decision_reason,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// Notes a change of a pair.
pub fn record(
    w: &mut Writer<'_>,
    before: Option<&Pair>,
    after: &Pair,
    names: &HashMap<Uuid, String>,
) {
    let change = DuplicateCandidateChanged {
        before: before.map(|pair| pair.to_proto(names)),
        after: Some(after.to_proto(names)),
    };
    w.record(after.name().to_string(), after.version, &change);
}
