//! Looks for accounts that are there twice, some accounts per call.

use std::time::{Duration, Instant};

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::page::Page;
use keynode_proto::accounts::v1::{ScanDuplicatesRequest, ScanDuplicatesResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::find::{Limits, Profiles, nearest};
use super::keep::{self, Scores};
use super::profile::{self, Candidate};
use super::sample::Sample;
use super::settings::SETTINGS;
use crate::Accounts;
use crate::error::Error;

/// Accounts of one call at most: each costs a question to the index.
const MAX_PAGE: i32 = 200;
/// An account is twin to so many others at most.
const MOST_TWINS: usize = 20;
/// After this long, or so many pairs, a call ends its page: the transaction that keeps them
/// must not run into its own limit.
const LONGEST: Duration = Duration::from_secs(5);
const MOST_PAIRS: usize = 500;
const METHOD: &[&str] = &["ScanDuplicates"];

pub async fn scan(
    service: &Accounts,
    call: &Call,
    request: ScanDuplicatesRequest,
) -> Result<ScanDuplicatesResponse, Error> {
    let size = request.page_size.min(MAX_PAGE);
    let page = Page::open(size, &request.page_token, METHOD)?;
    let budget = Budget::from(Instant::now());
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            take_turn(w).await?;
            let sample = service.samples.get(w, call).await?;
            let found = profile::page(w, page.after, page.fetch()).await?;
            let asked = found.get(..size_of(&page)).unwrap_or(&found);
            let (mut scores, compared) = score(w, call, &sample, asked, &budget).await?;
            let page = Page::open(count(compared), &request.page_token, METHOD)?;
            let (accounts, next_page_token) = page.close(found, |account| account.account_id);
            let ids: Vec<Uuid> = accounts.iter().map(|account| account.account_id).collect();
            let open = keep::open_pairs(w, &ids).await?;
            keep::score_open(w, &sample, &open, &mut scores).await?;
            let (found, changed) = keep::store(w, call, &scores, open).await?;
            Ok(ScanDuplicatesResponse {
                scanned: count(accounts.len()),
                found: count(found),
                changed: count(changed),
                next_page_token,
            })
        })
        .await
}

/// What one call may spend.
struct Budget {
    until: Instant,
}

impl Budget {
    /// Waiting for the turn counts too.
    fn from(start: Instant) -> Self {
        Self {
            until: start + LONGEST,
        }
    }

    fn is_spent(&self, now: Instant, pairs: usize) -> bool {
        now >= self.until || pairs >= MOST_PAIRS
    }
}

fn size_of(page: &Page) -> usize {
    usize::try_from(page.fetch() - 1).unwrap_or_default()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// One scan of a tenant at a time, so that two do not add one pair.
async fn take_turn(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.duplicates/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The pairs of these accounts with all others that may be one; and how many accounts were
/// compared until the budget was spent, at least one.
async fn score(
    connection: &mut PgConnection,
    call: &Call,
    sample: &Sample,
    accounts: &[Candidate],
    budget: &Budget,
) -> Result<(Scores, usize), Error> {
    let limits = Limits {
        results: MOST_TWINS + 1,
        min_score: SETTINGS.review,
    };
    let (mut scores, mut compared) = (Scores::new(), 0);
    let mut ready = Profiles::default();
    for account in accounts {
        if compared > 0 && budget.is_spent(Instant::now(), scores.len()) {
            break;
        }
        compared += 1;
        let profile = account.profile();
        let found = nearest(connection, call, sample, &profile, &limits, &mut ready).await?;
        for twin in found
            .into_iter()
            .filter(|twin| twin.candidate.account_id != account.account_id)
        {
            scores.insert(
                in_order(account.account_id, twin.candidate.account_id),
                twin.score,
            );
        }
    }
    Ok((scores, compared))
}

fn in_order(a: Uuid, b: Uuid) -> (Uuid, Uuid) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_pairs_end_a_page() {
        let start = Instant::now();
        let budget = Budget::from(start);
        assert!(!budget.is_spent(start, 0));
        assert!(budget.is_spent(start, MOST_PAIRS));
        assert!(budget.is_spent(start + LONGEST, 0));
    }
}
