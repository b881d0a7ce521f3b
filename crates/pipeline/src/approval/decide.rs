//! `DecideApproval` and `WithdrawApproval`, and what follows for the price or contract.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalSubject, ApprovalVerdict};
use uuid::Uuid;

use super::seat::{self, Barred, Decider, Delegator};
use super::{
    COLLECTION, MOST_WITHDRAWN, delegation, find, id_of, save, shown, standing, withdrawn_in_a_row,
};
use crate::error::{Error, NoApprover};
use crate::opportunity::{self, Opportunity};
use crate::{Pipeline, contract, dossier, pricing};

const MAX_COMMENT: usize = 2000;

pub async fn decide(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DecideApprovalRequest,
) -> Result<proto::DecideApprovalResponse, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", &request.name, COLLECTION);
    let verdict: ApprovalVerdict = bad.required_enum("verdict", request.verdict);
    let comment = match verdict {
        ApprovalVerdict::Return => bad.required_text("comment", &request.comment, MAX_COMMENT),
        _ => bad.text("comment", &request.comment, MAX_COMMENT),
    };
    bad.finish()?;
    let asked = standing::for_approval(pipeline, call, id, &request.name).await?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before = pending(w, &deal, &request.name).await?;
        let person = call.principal.person;
        let person = person.ok_or_else(|| refused(&before, NoApprover::NotAsked))?;
        let delegators = still_there(w, call, person, &asked, id_of(&before.name)).await?;
        let decider = Decider {
            person,
            roles: &call.principal.roles,
            delegators: &delegators,
        };
        let seat = seat::take(&before, &decider).map_err(|why| refused(&before, why.into()))?;
        let after = seat::decide(&before, person, seat, (verdict, &comment), call.now);
        let reason = match verdict {
            ApprovalVerdict::Return => comment.as_str(),
            _ => "",
        };
        let deal = save(w, call, deal, &after, reason).await?;
        let deal = settle(w, pipeline, call, deal, &after).await?;
        Ok(proto::DecideApprovalResponse {
            approval: Some(shown(call, &after)),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// Those of the delegators whose delegation is in force and for this approval.
async fn still_there(
    w: &mut Writer<'_>,
    call: &Call,
    person: Uuid,
    asked: &[Delegator],
    approval: Uuid,
) -> Result<Vec<Delegator>, Error> {
    let now = delegation::to(w, person, call.today()).await?;
    let is_there = |it: &&Delegator| now.iter().any(|now| now.delegation == it.delegation);
    let is_for = |it: &&Delegator| it.only.is_none_or(|only| only == approval);
    Ok(asked
        .iter()
        .filter(is_there)
        .filter(is_for)
        .cloned()
        .collect())
}

pub async fn withdraw(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::WithdrawApprovalRequest,
) -> Result<proto::WithdrawApprovalResponse, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", &request.name, COLLECTION);
    let reason = bad.required_text("reason", &request.reason, MAX_COMMENT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before = pending(w, &deal, &request.name).await?;
        if before.requester != call.principal.subject {
            return Err(refused(&before, NoApprover::NotRequester));
        }
        let all: proto::Approvals = dossier::load(w, id).await?;
        if withdrawn_in_a_row(&all, before.subject()) >= MOST_WITHDRAWN {
            return Err(Error::ApprovalMustBeDecided {
                approval: before.name,
                limit: MOST_WITHDRAWN,
            });
        }
        let after = seat::close(before, ApprovalState::Withdrawn, call.now);
        let deal = save(w, call, deal, &after, &reason).await?;
        let deal = settle(w, pipeline, call, deal, &after).await?;
        Ok(proto::WithdrawApprovalResponse {
            approval: Some(shown(call, &after)),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

async fn pending(
    w: &mut Writer<'_>,
    deal: &Opportunity,
    name: &str,
) -> Result<proto::Approval, Error> {
    let found = find(&dossier::load(w, deal.id).await?, name)?;
    match found.state() {
        ApprovalState::Pending => Ok(found),
        state => Err(Error::ApprovalClosed {
            approval: name.to_owned(),
            state: state.as_str_name().trim_start_matches("APPROVAL_STATE_"),
        }),
    }
}

fn refused(approval: &proto::Approval, why: NoApprover) -> Error {
    Error::ApproverRequired {
        approval: approval.name.clone(),
        why,
    }
}

impl From<Barred> for NoApprover {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Asked => Self::Asked,
            Barred::Decided => Self::Decided,
            Barred::NotAsked => Self::NotAsked,
        }
    }
}

/// What the end of an approval means for what was to be approved.
async fn settle(
    w: &mut Writer<'_>,
    pipeline: &Pipeline,
    call: &Call,
    deal: Opportunity,
    approval: &proto::Approval,
) -> Result<Opportunity, Error> {
    match (approval.state(), approval.subject()) {
        (ApprovalState::Pending, _) => Ok(deal),
        (_, ApprovalSubject::Price) => pricing::propose::settle(w, call, deal, approval).await,
        (_, _) => contract::settle::settle(w, pipeline, call, deal, approval).await,
    }
}
