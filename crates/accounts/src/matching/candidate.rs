//! Rows of `accounts.duplicate_candidate`, and their list.

use std::collections::HashMap;

use jiff_sqlx::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    DuplicateCandidate, ListDuplicateCandidatesRequest, ListDuplicateCandidatesResponse,
};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::decide;
use super::find::{read_min_score, visible_names};
use super::rule::Rule;
use super::score::Reason;
use super::settings::SETTINGS;
use crate::error::Error;
use crate::ids::{AccountId, DuplicateCandidateId};
use crate::{Accounts, account};

/// Two accounts that may be one, the one that was made first first.
#[derive(Clone, Debug)]
pub struct Pair {
    pub id: Uuid,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub first_id: Uuid,
    pub second_id: Uuid,
    pub score: f64,
    pub reasons: Value,
    /// `distinct`, `review` or `merged`.
    pub decision: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub decision_reason: String,
}

impl Pair {
    pub fn name(&self) -> DuplicateCandidateId {
        DuplicateCandidateId(self.id)
    }

    /// As somebody sees it who sees both accounts, whose names these are.
    pub fn to_proto(&self, names: &HashMap<Uuid, String>) -> DuplicateCandidate {
        let account = |id: Uuid| match names.get(&id) {
            Some(name) => (AccountId(id).to_string(), name.clone()),
            None => Default::default(),
        };
        let (first, first_display_name) = account(self.first_id);
        let (second, second_display_name) = account(self.second_id);
        let reasons = read_reasons(&self.reasons).into_iter();
        DuplicateCandidate {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            first,
            second,
            first_display_name,
            second_display_name,
            score: self.score,
            verdict: SETTINGS.verdict(self.score).into(),
            reasons: reasons.map(Reason::to_proto).collect(),
            decision: decide::to_proto(self.decision.as_deref()).into(),
            decider: self.decided_by.clone().unwrap_or_default(),
            decide_time: self.decided_at.map(|at| wire::timestamp(at.to_jiff())),
            decision_reason: self.decision_reason.clone(),
        }
    }
}

/// Reasons as they are stored: pairs of rule and contribution, in order, to nine digits.
pub fn stored_reasons(reasons: &[Reason]) -> Value {
    let rounded = |contribution: f64| (contribution * 1e9).round() / 1e9;
    reasons
        .iter()
        .map(|reason| serde_json::json!([reason.rule.id(), rounded(reason.contribution)]))
        .collect()
}

fn read_reasons(stored: &Value) -> Vec<Reason> {
    let entries = stored.as_array().map(Vec::as_slice).unwrap_or_default();
    let read = |entry: &Value| {
        Some(Reason {
            rule: Rule::of_id(entry.get(0)?.as_str()?)?,
            contribution: entry.get(1)?.as_f64()?,
        })
    };
    entries.iter().filter_map(read).collect()
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListDuplicateCandidatesRequest,
) -> Result<ListDuplicateCandidatesResponse, Error> {
    let mut bad = Violations::default();
    let account: Option<AccountId> = bad.optional_name("account", &request.account);
    let min_score = read_min_score(request.min_score, &mut bad);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[
            "ListDuplicateCandidates",
            &request.account,
            &min_score.to_string(),
        ],
    )?;
    let (pairs, next_page_token, names) = service
        .read(call, async |tx: &mut Tx| {
            let account = match account {
                Some(id) => Some(account::follow(tx, call, id).await?.name()),
                None => None,
            };
            let found = select(tx, call, &page, account, min_score).await?;
            let (pairs, token) = page.close(found, |pair| pair.id);
            let ids: Vec<Uuid> = pairs
                .iter()
                .flat_map(|pair| [pair.first_id, pair.second_id])
                .collect();
            let names = visible_names(tx, call, &ids).await?;
            Ok::<_, Error>((pairs, token, names))
        })
        .await?;
    Ok(ListDuplicateCandidatesResponse {
        duplicate_candidates: pairs.iter().map(|pair| pair.to_proto(&names)).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    account: Option<AccountId>,
    min_score: f64,
) -> Result<Vec<Pair>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Pair,
        "select d.id, d.version, d.created_at, d.updated_at, d.first_id, d.second_id, d.score, d.reasons, d.decision,
                d.decided_by, d.decided_at, d.decision_reason
         from accounts.duplicate_candidate d
         join accounts.account f on f.tenant_id = d.tenant_id and f.id = d.first_id
         join accounts.account s on s.tenant_id = d.tenant_id and s.id = d.second_id
         where (d.decision is null or d.decision = 'review')
           and f.merged_into_id is null and s.merged_into_id is null and d.id > $1 and d.score >= $2
           and ($3::uuid is null or d.first_id = $3 or d.second_id = $3)
           and ($4 or (f.owner_id = $5 or f.team_id = any($6)) and (s.owner_id = $5 or s.team_id = any($6)))
         order by d.id limit $7",
        page.after.unwrap_or(Uuid::nil()),
        min_score,
        account.map(|id| id.0),
        all,
        me,
        &teams,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
