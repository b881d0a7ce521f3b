//! `PutApprovalRules`, `GetApprovalRules`, `ListApprovalRules`: the rules, version by version.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_kit::{etag, log, wire};
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use super::known::Known;
use super::{row, rules};
use crate::Pipeline;
use crate::error::Error;

/// The subject of the events: a tenant has one set of rules in force.
const SUBJECT: &str = "approvalRules/-";

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutApprovalRulesRequest,
) -> Result<proto::PutApprovalRulesResponse, Error> {
    let news = request.rules.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let read = rules::read(&mut bad, &news.rules);
    bad.finish()?;
    let known = Known::of_rules(&pipeline.peers, call, &read).await?;
    let work = async |w: &mut Writer<'_>| {
        let mut bad = Violations::default();
        known.check_rules(&mut bad, &read);
        bad.finish()?;
        log::take_turn(w, &[SUBJECT.to_owned()]).await?;
        let before = row::in_force(w).await?;
        etag::check(SUBJECT, &request.etag, before.version)?;
        if before.rules == read {
            return Ok(proto::PutApprovalRulesResponse {
                rules: Some(before),
            });
        }
        let version = before.version + 1;
        let after = proto::ApprovalRules {
            version,
            etag: version.to_string(),
            rules: read,
            author: call.principal.subject.clone(),
            create_time: Some(wire::timestamp(call.now)),
        };
        row::add(w, &after).await?;
        let changed = proto::ApprovalRulesChanged {
            before: Some(before),
            after: Some(after.clone()),
        };
        w.record(SUBJECT, version, &changed);
        Ok(proto::PutApprovalRulesResponse { rules: Some(after) })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetApprovalRulesRequest,
) -> Result<proto::GetApprovalRulesResponse, Error> {
    let work = async |tx: &mut Tx| match request.version {
        None => row::in_force(tx).await,
        Some(0) => Ok(rules::shipped()),
        Some(version) => row::version(tx, version)
            .await?
            .ok_or(Error::ApprovalRulesNotFound(version)),
    };
    let found = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetApprovalRulesResponse { rules: Some(found) })
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListApprovalRulesRequest,
) -> Result<proto::ListApprovalRulesResponse, Error> {
    let page = Page::open(request.page_size, &request.page_token, &[&call.method])?;
    // Pages go by ids: a version is a small one.
    let after = page.after.map_or(0, |id| id.as_u128());
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let work = async |tx: &mut Tx| row::page(tx, after, page.fetch()).await;
    let found = pipeline.db.transaction(call.tenant()?, work).await?;
    let key = |rules: &proto::ApprovalRules| Uuid::from_u128(rules.version.unsigned_abs().into());
    let (rules, next_page_token) = page.close(found, key);
    Ok(proto::ListApprovalRulesResponse {
        rules,
        next_page_token,
    })
}
