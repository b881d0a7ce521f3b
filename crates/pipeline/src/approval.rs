//! Approvals of prices below the floor and of contracts: by rules that are data, in steps, by people
//! other than who asked.

pub mod decide;
pub mod delegate;
pub mod delegation;
mod known;
pub mod list;
pub mod open;
pub mod put_rules;
mod row;
pub mod rules;
mod seat;
mod standing;
mod wait;

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalSubject};
use uuid::Uuid;

use crate::dossier::{self, Part};
use crate::error::Error;
use crate::opportunity::Opportunity;

/// The collection in names.
pub const COLLECTION: &str = "approvals";
/// Of one deal.
const MAX_APPROVALS: usize = 200;
/// Enough for mistakes, too few to find floor or margin by asking and taking back.
const MOST_WITHDRAWN: usize = 3;

impl Part for proto::Approvals {
    const NAME: &'static str = "approvals";
}

/// What everybody may know of it: which rule is followed tells of the margin.
fn masked(approval: &proto::Approval) -> proto::Approval {
    proto::Approval {
        rule: String::new(),
        ..approval.clone()
    }
}

/// What the caller may know of it.
fn shown(call: &Call, approval: &proto::Approval) -> proto::Approval {
    match call.reveals {
        true => approval.clone(),
        false => masked(approval),
    }
}

/// How many of the approvals asked for last, of this kind, were taken back without a decision.
fn withdrawn_in_a_row(approvals: &proto::Approvals, subject: ApprovalSubject) -> usize {
    let of_kind = approvals.approvals.iter().rev();
    let closed = of_kind.filter(|it| it.subject() == subject && it.close_time.is_some());
    closed
        .take_while(|it| it.state() == ApprovalState::Withdrawn)
        .count()
}

/// The approval of that name.
fn find(approvals: &proto::Approvals, name: &str) -> Result<proto::Approval, Error> {
    let found = approvals.approvals.iter().find(|it| it.name == name);
    found
        .cloned()
        .ok_or_else(|| Error::ApprovalNotFound(name.to_owned()))
}

/// The id at the end of an approval's name.
fn id_of(name: &str) -> Uuid {
    let id = name.rsplit('/').next().and_then(|id| id.parse().ok());
    id.unwrap_or_default()
}

/// Stores an approval that was opened or that changed, with its event and whom it waits for.
async fn save(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    approval: &proto::Approval,
    reason: &str,
) -> Result<Opportunity, Error> {
    let set = |_: &_, part: &mut proto::Approvals| {
        let stored = part
            .approvals
            .iter_mut()
            .find(|it| it.name == approval.name);
        match stored {
            Some(stored) => *stored = approval.clone(),
            None => {
                check_room(part)?;
                part.approvals.push(approval.clone());
            }
        }
        Ok(())
    };
    let before: proto::Approvals = dossier::load(w, deal.id).await?;
    let before = find(&before, &approval.name).ok();
    let event = |_: &_, _: &_, opportunity| proto::ApprovalChanged {
        before: before.as_ref().map(masked),
        after: Some(masked(approval)),
        opportunity: Some(opportunity),
        reason: reason.to_owned(),
    };
    let deal = dossier::change(w, call, deal, set, event).await?.deal;
    wait::replace(w, deal.id, approval).await?;
    Ok(deal)
}

fn check_room(part: &proto::Approvals) -> Result<(), Fault> {
    let mut bad = Violations::default();
    if part.approvals.len() >= MAX_APPROVALS {
        bad.add("name", format!("has {MAX_APPROVALS} approvals already"));
    }
    bad.finish()
}
