//! `DelegateApproval` and `RevokeApprovalDelegation`: somebody else decides for the caller.

use jiff::ToSpan as _;
use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use super::delegation::{self, Delegation};
use super::known::Known;
use super::{COLLECTION, find, id_of};
use crate::error::Error;
use crate::ids::{DelegationId, PersonId};
use crate::{Pipeline, dossier, opportunity};

const MAX_REASON: usize = 2000;
const MAX_DAYS: i32 = 366;

pub async fn delegate(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DelegateApprovalRequest,
) -> Result<proto::DelegateApprovalResponse, Error> {
    let (read, approval) = read(call, request.delegation.clone().unwrap_or_default())?;
    let known = Known::of_delegate(&pipeline.peers, call, read.delegate).await?;
    let work = async |w: &mut Writer<'_>| {
        let mut bad = Violations::default();
        known.check_person(&mut bad, "delegation.delegate", read.delegate);
        bad.finish()?;
        if let Some((deal, _)) = read.only {
            opportunity::read(w, call, deal).await?;
            find(&dossier::load(w, deal).await?, &approval)?;
        }
        let made = Delegation { id: w.id(), ..read };
        delegation::add(w, &made).await?;
        let changed = proto::ApprovalDelegationChanged {
            before: None,
            after: Some(made.to_proto()),
        };
        w.record(made.name(), 1, &changed);
        Ok(proto::DelegateApprovalResponse {
            delegation: Some(made.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(call: &Call, news: proto::ApprovalDelegation) -> Result<(Delegation, String), Error> {
    let mut bad = Violations::default();
    let caller = person(&mut bad, call);
    let PersonId(to) = bad.name("delegation.delegate", &news.delegate);
    if to == caller {
        bad.add("delegation.delegate", "must be another person");
    }
    let first = day(&mut bad, "delegation.from_date", news.from_date);
    let last = day(&mut bad, "delegation.until_date", news.until_date);
    let until = "delegation.until_date";
    if last < first || last > first.saturating_add(MAX_DAYS.days()) {
        let why = format!("must be the first day or up to {MAX_DAYS} days later");
        bad.add(until, why);
    }
    if last < call.today() {
        bad.add(until, "must not be over");
    }
    let only = Some(&news.approval)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let deal = dossier::deal_of(&mut bad, "delegation.approval", name, COLLECTION);
            (deal, id_of(name))
        });
    let read = Delegation {
        id: Uuid::nil(),
        delegator: caller,
        delegate: to,
        first,
        last,
        only,
        reason: bad.text("delegation.reason", &news.reason, MAX_REASON),
        roles: call.principal.roles.clone(),
        created: call.now,
        revoked: None,
    };
    bad.finish()?;
    Ok((read, news.approval))
}

fn day(
    bad: &mut Violations,
    field: &str,
    value: Option<keynode_proto::google::r#type::Date>,
) -> Date {
    if value.is_none() {
        bad.add(field, "must be given");
    }
    bad.day(field, value).unwrap_or_default()
}

/// Only people decide, so only they delegate.
fn person(bad: &mut Violations, call: &Call) -> Uuid {
    call.principal.person.unwrap_or_else(|| {
        bad.add("delegation.delegator", "the caller must be a person");
        Uuid::nil()
    })
}

pub async fn revoke(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RevokeApprovalDelegationRequest,
) -> Result<proto::RevokeApprovalDelegationResponse, Error> {
    let mut bad = Violations::default();
    let DelegationId(id) = bad.name("name", &request.name);
    bad.finish()?;
    let not_found = || Error::DelegationNotFound(request.name.clone());
    let caller = call.principal.person.ok_or_else(not_found)?;
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, std::slice::from_ref(&request.name)).await?;
        let before = delegation::lock(w, id, caller)
            .await?
            .ok_or_else(not_found)?;
        let after = Delegation {
            revoked: before.revoked.or(Some(call.now)),
            ..before.clone()
        };
        if before.revoked.is_none() {
            delegation::revoke(w, id, call.now).await?;
            let changed = proto::ApprovalDelegationChanged {
                before: Some(before.to_proto()),
                after: Some(after.to_proto()),
            };
            w.record(after.name(), 2, &changed);
        }
        Ok(proto::RevokeApprovalDelegationResponse {
            delegation: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
