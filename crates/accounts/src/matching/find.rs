//! Finds the accounts that somebody may mean.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    FindMatchesRequest, FindMatchesResponse, Match, MatchQuery, QueryMatches,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::profile::{self, Candidate};
use super::sample::Sample;
use super::score::{Profile, Score, compare};
use super::settings::SETTINGS;
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;

const MAX_QUERIES: usize = 200;
const MAX_OTHERS: usize = 8;
const DEFAULT_RESULTS: usize = 5;
const MAX_RESULTS: usize = 20;
/// Accounts that are compared with a query at most.
const MOST_COMPARED: i32 = 300;
/// Profiles that are kept ready at most.
const MOST_KEPT: usize = 5000;

/// An account that was compared, with its score.
pub struct Found {
    pub candidate: Candidate,
    pub score: Score,
}

pub async fn find(
    service: &Accounts,
    call: &Call,
    request: FindMatchesRequest,
) -> Result<FindMatchesResponse, Error> {
    let (profiles, limits) = read(&request)?;
    let results = service
        .read(call, async |tx: &mut Tx| {
            let sample = service.samples.get(tx, call).await?;
            let mut results = Vec::with_capacity(profiles.len());
            let mut ready = Profiles::default();
            for profile in &profiles {
                let found = nearest(tx, call, &sample, profile, &limits, &mut ready).await?;
                results.push(answer(tx, call, found).await?);
            }
            Ok(results)
        })
        .await?;
    Ok(FindMatchesResponse { results })
}

/// How much is answered.
pub struct Limits {
    pub results: usize,
    /// 0 to 1.
    pub min_score: f64,
}

fn read(request: &FindMatchesRequest) -> Result<(Vec<Profile>, Limits), Error> {
    let mut bad = Violations::default();
    if request.queries.is_empty() || request.queries.len() > MAX_QUERIES {
        bad.add("queries", format!("must be 1 to {MAX_QUERIES} queries"));
    }
    let results = match usize::try_from(request.max_results) {
        Ok(0) => DEFAULT_RESULTS,
        Ok(results) => results.min(MAX_RESULTS),
        Err(_) => {
            bad.add("max_results", "must not be negative; 0 means the default");
            DEFAULT_RESULTS
        }
    };
    let min_score = read_min_score(request.min_score, &mut bad);
    let read = |(index, query)| read_query(&format!("queries[{index}]"), query, &mut bad);
    let profiles = request
        .queries
        .iter()
        .take(MAX_QUERIES)
        .enumerate()
        .map(read)
        .collect();
    bad.finish()?;
    let min_score = if min_score > 0.0 {
        min_score
    } else {
        SETTINGS.review
    };
    Ok((profiles, Limits { results, min_score }))
}

/// A lower bound for scores, as a caller sent it.
pub fn read_min_score(sent: f64, bad: &mut Violations) -> f64 {
    if !(0.0..=1.0).contains(&sent) {
        bad.add("min_score", "must be 0 to 1");
    }
    sent
}

fn read_query(field: &str, query: &MatchQuery, bad: &mut Violations) -> Profile {
    let mut names =
        vec![bad.required_text(&format!("{field}.display_name"), &query.display_name, 200)];
    names.extend(texts(
        &format!("{field}.other_names"),
        &query.other_names,
        200,
        bad,
    ));
    let phones = texts(&format!("{field}.phones"), &query.phones, 100, bad);
    let address = bad.text(&format!("{field}.address"), &query.address, 500);
    let place = bad.text(&format!("{field}.place"), &query.place, 500);
    profile::read(names.iter(), &[address], &phones, &place)
}

fn texts(field: &str, sent: &[String], most: usize, bad: &mut Violations) -> Vec<String> {
    if sent.len() > MAX_OTHERS {
        bad.add(field, format!("must be at most {MAX_OTHERS}"));
    }
    let texts = sent.iter().take(MAX_OTHERS).enumerate();
    texts
        .map(|(index, text)| bad.text(&format!("{field}[{index}]"), text, most))
        .collect()
}

/// Profiles that were made ready before: most of what a query is compared with, the next one
/// is compared with too.
#[derive(Default)]
pub struct Profiles(HashMap<Uuid, Profile>);

impl Profiles {
    fn of(&mut self, candidate: &Candidate) -> &Profile {
        if self.0.len() >= MOST_KEPT {
            self.0.clear();
        }
        let profile = self.0.entry(candidate.account_id);
        profile.or_insert_with(|| candidate.profile())
    }
}

/// The accounts most like a description, best first. `profiles` are of this transaction.
pub async fn nearest(
    connection: &mut PgConnection,
    call: &Call,
    sample: &Sample,
    profile: &Profile,
    limits: &Limits,
    profiles: &mut Profiles,
) -> Result<Vec<Found>, Error> {
    let pieces = sample.pieces(call.tenant()?, profile);
    let candidates = profile::candidates(connection, &pieces, MOST_COMPARED).await?;
    let mut found: Vec<Found> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let score = compare(profile, profiles.of(&candidate), &sample.common)?;
            Some(Found { candidate, score })
        })
        .filter(|found| found.score.value >= limits.min_score)
        .collect();
    found.sort_by(|a, b| {
        let id = |found: &Found| found.candidate.account_id;
        b.score
            .value
            .total_cmp(&a.score.value)
            .then(id(a).cmp(&id(b)))
    });
    found.truncate(limits.results);
    Ok(found)
}

async fn answer(
    connection: &mut PgConnection,
    call: &Call,
    found: Vec<Found>,
) -> Result<QueryMatches, Error> {
    let ids: Vec<Uuid> = found
        .iter()
        .map(|found| found.candidate.account_id)
        .collect();
    let visible = visible_names(connection, call, &ids).await?;
    let matches = found
        .into_iter()
        .map(|found| match visible.get(&found.candidate.account_id) {
            Some(display_name) => seen(&found, display_name.clone()),
            None => hidden(&found),
        })
        .collect();
    Ok(QueryMatches { matches })
}

fn seen(found: &Found, display_name: String) -> Match {
    let (matched_name, kind) = found.candidate.name(found.score.names.1);
    Match {
        account: AccountId(found.candidate.account_id).to_string(),
        display_name,
        reasons: found
            .score
            .reasons
            .iter()
            .map(|reason| reason.to_proto())
            .collect(),
        matched_name: matched_name.to_owned(),
        matched_name_kind: kind.into(),
        hidden: false,
        ..hidden(found)
    }
}

fn hidden(found: &Found) -> Match {
    Match {
        hidden: true,
        score: found.score.value,
        verdict: SETTINGS.verdict(found.score.value).into(),
        ..Match::default()
    }
}

/// The names for people of those of these accounts that the caller sees.
pub async fn visible_names(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query!(
        "select id, display_name from accounts.account
         where id = any($1) and ($2 or owner_id = $3 or team_id = any($4))",
        ids,
        all,
        me,
        &teams,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.display_name))
        .collect())
}
