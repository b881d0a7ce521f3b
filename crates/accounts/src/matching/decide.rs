//! What becomes of pairs: somebody decides, or a merge settles them.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    DecideDuplicateRequest, DecideDuplicateResponse, DuplicateDecision,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::candidate::Pair;
use super::find::visible_names;
use super::keep::{names, record};
use crate::Accounts;
use crate::error::Error;
use crate::ids::DuplicateCandidateId;
use crate::merge::redirect;
use crate::merge::refusal::Refusal;

const MERGED: &str = "merged";

/// As the database has it.
fn stored(decision: DuplicateDecision) -> Option<&'static str> {
    match decision {
        DuplicateDecision::Unspecified => None,
        DuplicateDecision::Distinct => Some("distinct"),
        DuplicateDecision::Review => Some("review"),
        DuplicateDecision::Merged => Some(MERGED),
    }
}

/// As callers see it.
pub fn to_proto(stored: Option<&str>) -> DuplicateDecision {
    match stored {
        Some("distinct") => DuplicateDecision::Distinct,
        Some("review") => DuplicateDecision::Review,
        Some(MERGED) => DuplicateDecision::Merged,
        _ => DuplicateDecision::Unspecified,
    }
}

pub async fn decide(
    service: &Accounts,
    call: &Call,
    request: DecideDuplicateRequest,
) -> Result<DecideDuplicateResponse, Error> {
    let mut bad = Violations::default();
    let id: DuplicateCandidateId = bad.name("name", &request.name);
    let decision: DuplicateDecision = bad.required_enum("decision", request.decision);
    if decision == DuplicateDecision::Merged {
        bad.add(
            "decision",
            "must be DISTINCT or REVIEW; MergeAccounts merges",
        );
    }
    let reason = bad.text("reason", &request.reason, 2000);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            log::take_turn(w, &[id.to_string()]).await?;
            let before = lock(w, &[id.0]).await?.pop();
            let before = before.ok_or(Refusal::CandidateNotFound(id))?;
            let accounts = [before.first_id, before.second_id];
            let seen = visible_names(w, call, &accounts).await?;
            if seen.len() < accounts.len() {
                return Err(Refusal::CandidateNotFound(id).into());
            }
            etag::check(&request.name, &request.etag, before.version)?;
            let merged = redirect::of(w, &accounts).await?;
            if before.decision.as_deref() == Some(MERGED) || !merged.is_empty() {
                return Err(Refusal::CandidateMerged(id).into());
            }
            let after = decided(call, before.clone(), stored(decision), &reason);
            store(w, &after).await?;
            record(w, Some(&before), &after, &seen);
            Ok(DecideDuplicateResponse {
                duplicate_candidate: Some(after.to_proto(&seen)),
            })
        })
        .await
}

fn decided(call: &Call, pair: Pair, decision: Option<&str>, reason: &str) -> Pair {
    let by = decision.map(|_| call.principal.subject.clone());
    Pair {
        version: pair.version + 1,
        updated_at: call.now.to_sqlx(),
        decision: decision.map(str::to_owned),
        decided_at: decision.map(|_| call.now.to_sqlx()),
        decided_by: by,
        decision_reason: reason.to_owned(),
        ..pair
    }
}

/// These pairs; other writers are kept away. Their turns are taken.
pub async fn lock(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Pair>, Error> {
    let rows = sqlx::query_as!(
        Pair,
        "select id, version, created_at, updated_at, first_id, second_id, score, reasons, decision, decided_by,
                decided_at, decision_reason
         from accounts.duplicate_candidate where id = any($1) order by id for no key update",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Stores what was decided about a pair.
pub async fn store(connection: &mut PgConnection, pair: &Pair) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.duplicate_candidate
         set version = $2, updated_at = $3, decision = $4, decided_by = $5, decided_at = $6, decision_reason = $7
         where id = $1",
        pair.id,
        pair.version,
        pair.updated_at as _,
        pair.decision,
        pair.decided_by,
        pair.decided_at as _,
        pair.decision_reason,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The unsettled pairs with any of these accounts.
pub async fn unsettled(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "select id from accounts.duplicate_candidate
         where (decision is null or decision = 'review') and (first_id = any($1) or second_id = any($1))
         order by id",
        accounts,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// Settles pairs by a merge; answers what was decided about each before. Their turns are
/// taken.
pub async fn settle(
    w: &mut Writer<'_>,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Option<String>)>, Error> {
    let pairs = lock(w, ids).await?;
    let mut earlier = Vec::with_capacity(pairs.len());
    for before in pairs {
        earlier.push((before.id, before.decision.clone()));
        let reason = before.decision_reason.clone();
        change(w, before, |pair| decided(call, pair, Some(MERGED), &reason)).await?;
    }
    Ok(earlier)
}

/// Takes back that a merge settled pairs. Their turns are taken.
pub async fn reopen(
    w: &mut Writer<'_>,
    call: &Call,
    earlier: &[(Uuid, Option<String>)],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = earlier.iter().map(|(id, _)| *id).collect();
    for before in lock(w, &ids).await? {
        let was = earlier.iter().find(|(id, _)| *id == before.id);
        let decision = was.and_then(|(_, decision)| decision.as_deref());
        let reason = before.decision_reason.clone();
        change(w, before, |pair| decided(call, pair, decision, &reason)).await?;
    }
    Ok(())
}

/// Takes a decision back: nobody said anything about the pair.
pub async fn undecide(w: &mut Writer<'_>, call: &Call, before: Pair) -> Result<(), Error> {
    change(w, before, |pair| decided(call, pair, None, "")).await
}

async fn change(
    w: &mut Writer<'_>,
    before: Pair,
    to: impl FnOnce(Pair) -> Pair,
) -> Result<(), Error> {
    let names = names(w, &[before.first_id, before.second_id]).await?;
    let after = to(before.clone());
    store(w, &after).await?;
    record(w, Some(&before), &after, &names);
    Ok(())
}
