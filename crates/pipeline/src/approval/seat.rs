//! Who may decide, and what a decision makes of an approval: pure.

use jiff::Timestamp;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::approver::Approver as Who;
use keynode_proto::pipeline::v1::{ApprovalState, ApprovalVerdict};
use uuid::Uuid;

use crate::ids::PersonId;

/// Somebody who wants to decide.
#[derive(Clone, Debug)]
pub struct Decider<'a> {
    pub person: Uuid,
    pub roles: &'a [String],
    /// For whom they may decide this approval today.
    pub delegators: &'a [Delegator],
}

/// Somebody for whom another one decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegator {
    /// By which delegation.
    pub delegation: Uuid,
    /// The only approval it is for; none = every one.
    pub only: Option<Uuid>,
    pub person: Uuid,
    pub roles: Vec<String>,
}

/// The approver for whom somebody decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    pub approver: proto::Approver,
    /// None = in their own right.
    pub on_behalf_of: Option<Uuid>,
}

/// Why somebody does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    Asked,
    Decided,
    NotAsked,
}

/// People who may not decide: who asked, and who decided already or had it done.
pub fn barred(approval: &proto::Approval) -> Vec<Uuid> {
    let decided = approval
        .decisions
        .iter()
        .flat_map(|it| [it.actor.as_str(), it.on_behalf_of.as_str()]);
    let names = std::iter::once(approval.requester.as_str()).chain(decided);
    names.filter_map(person).collect()
}

fn person(name: &str) -> Option<Uuid> {
    name.parse().ok().map(|PersonId(id)| id)
}

/// The approvers of the current step who are still asked, each with its place.
pub fn open(approval: &proto::Approval) -> Vec<(usize, &proto::Approver)> {
    let Some(step) = step(approval).filter(|_| approval.state() == ApprovalState::Pending) else {
        return Vec::new();
    };
    let is_open = |approver: &proto::Approver| {
        !of_step(approval).any(|decision| decision.approver.as_ref() == Some(approver))
    };
    let approvers = step.approvers.iter().enumerate();
    approvers.filter(|(_, it)| is_open(it)).collect()
}

fn step(approval: &proto::Approval) -> Option<&proto::ApprovalStep> {
    let place = usize::try_from(approval.current_step).ok()?;
    approval.steps.get(place.checked_sub(1)?)
}

fn of_step(approval: &proto::Approval) -> impl Iterator<Item = &proto::ApprovalDecision> {
    let current = approval.current_step;
    let decisions = approval.decisions.iter();
    decisions.filter(move |decision| decision.step == current)
}

/// For whom somebody decides: in their own right before by delegation, and as the person who is
/// named before as one of a role.
///
/// # Errors
/// Why they do not.
pub fn take(approval: &proto::Approval, decider: &Decider<'_>) -> Result<Seat, Barred> {
    if person(&approval.requester) == Some(decider.person) {
        return Err(Barred::Asked);
    }
    let barred = barred(approval);
    if barred.contains(&decider.person) {
        return Err(Barred::Decided);
    }
    let open = open(approval);
    let seat_of = |id: Uuid, roles: &[String]| {
        let named = open.iter().find(|(_, it)| is_person(it, id));
        let found = named.or_else(|| open.iter().find(|(_, it)| has_role(it, roles)));
        found.map(|(_, approver)| (*approver).clone())
    };
    if let Some(approver) = seat_of(decider.person, decider.roles) {
        return Ok(Seat {
            approver,
            on_behalf_of: None,
        });
    }
    let others = decider.delegators.iter();
    let mut others = others.filter(|it| !barred.contains(&it.person));
    let seat = others.find_map(|delegator| {
        Some(Seat {
            approver: seat_of(delegator.person, &delegator.roles)?,
            on_behalf_of: Some(delegator.person),
        })
    });
    seat.ok_or(Barred::NotAsked)
}

fn is_person(approver: &proto::Approver, id: Uuid) -> bool {
    matches!(&approver.approver, Some(Who::Person(name)) if person(name) == Some(id))
}

fn has_role(approver: &proto::Approver, roles: &[String]) -> bool {
    matches!(&approver.approver, Some(Who::Role(role)) if roles.contains(role))
}

/// The approval after a decision.
pub fn decide(
    approval: &proto::Approval,
    decider: Uuid,
    seat: Seat,
    (verdict, comment): (ApprovalVerdict, &str),
    now: Timestamp,
) -> proto::Approval {
    let mut after = approval.clone();
    after.decisions.push(proto::ApprovalDecision {
        step: approval.current_step,
        approver: Some(seat.approver),
        actor: PersonId(decider).to_string(),
        on_behalf_of: seat
            .on_behalf_of
            .map(PersonId)
            .map_or_else(String::new, |it| it.to_string()),
        verdict: verdict.into(),
        comment: comment.to_owned(),
        decide_time: Some(wire::timestamp(now)),
    });
    if verdict == ApprovalVerdict::Return {
        return close(after, ApprovalState::Returned, now);
    }
    if !is_enough(&after) {
        return after;
    }
    let is_last = usize::try_from(after.current_step).is_ok_and(|it| it >= after.steps.len());
    if is_last {
        return close(after, ApprovalState::Approved, now);
    }
    after.current_step += 1;
    after
}

/// As many approvers of the current step as must have approved.
fn is_enough(approval: &proto::Approval) -> bool {
    let approved = of_step(approval).count();
    let asked = step(approval).map_or(0, |step| match step.quorum {
        0 => step.approvers.len(),
        quorum => usize::try_from(quorum).unwrap_or_default(),
    });
    approved >= asked
}

/// The approval, no longer pending.
pub fn close(
    mut approval: proto::Approval,
    state: ApprovalState,
    now: Timestamp,
) -> proto::Approval {
    approval.set_state(state);
    approval.close_time = Some(wire::timestamp(now));
    approval
}

#[cfg(test)]
mod tests;
