//! What the end of an approval makes of the contract or amendment.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalState, ContractState};

use super::{APPROVED, event};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::record_evidence::Shown;
use crate::{Pipeline, dossier, record_evidence};

/// Takes over how an approval ended, with the evidence that the contract is approved.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(
    w: &mut Writer<'_>,
    pipeline: &Pipeline,
    call: &Call,
    deal: Opportunity,
    approval: &proto::Approval,
) -> Result<Opportunity, Error> {
    let state = match approval.state() {
        ApprovalState::Approved => ContractState::Approved,
        ApprovalState::Withdrawn if approval.amendment.is_empty() => ContractState::Draft,
        _ => ContractState::Returned,
    };
    let set = |_: &_, part: &mut proto::Contract| {
        let mut amendments = part.amendments.iter_mut();
        if let Some(amendment) = amendments.find(|it| it.approval == approval.name) {
            amendment.set_state(state);
        } else if part.approval == approval.name {
            part.set_state(state);
        }
        Ok(())
    };
    let changed = dossier::change(w, call, deal, set, event).await?;
    let is_contract = changed.after.state() != changed.before.state();
    if !is_contract || state != ContractState::Approved {
        return Ok(changed.deal);
    }
    let shown = Shown {
        kind: APPROVED,
        date: call.today(),
        note: &approval.name,
    };
    record_evidence::accompany(pipeline, call, w, changed.deal, shown).await
}
