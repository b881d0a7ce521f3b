//! The delivery of what was sold (E1, stage 6): milestones, acceptance, what is to be put right, the
//! end of the project, and the long-term relation after it (R36).

pub mod accept;
pub mod close;
pub mod fact;
pub mod finding;
pub mod get;
pub mod hand_over;
mod items;
pub mod milestone;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1::{
    Acceptance, AcceptanceResult, Delivery, DeliveryChanged, Finding, FindingSeverity,
    OpportunityStatus,
};

use crate::dossier::{self, Part};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::status;

const MAX_NOTE: usize = 1000;

impl Part for Delivery {
    const NAME: &'static str = "delivery";
}

/// The attempt at acceptance that holds, if the customer accepted with it.
fn accepted(delivery: &Delivery) -> Option<&Acceptance> {
    let last = delivery.acceptances.last()?;
    let is_accepted = match last.result() {
        AcceptanceResult::Accepted | AcceptanceResult::AcceptedWithFindings => true,
        AcceptanceResult::Rejected | AcceptanceResult::Unspecified => false,
    };
    is_accepted.then_some(last)
}

/// What is still to be put right.
fn open_findings(delivery: &Delivery) -> impl Iterator<Item = &Finding> {
    let findings = delivery.findings.iter();
    findings.filter(|finding| finding.resolved_date.is_none())
}

/// What keeps the project from being closed.
fn blocking(delivery: &Delivery) -> impl Iterator<Item = &Finding> {
    open_findings(delivery).filter(|finding| finding.severity() == FindingSeverity::Blocking)
}

/// Only what was won is accepted and closed.
fn require_won(deal: &Opportunity) -> Result<(), Error> {
    match deal.status() {
        OpportunityStatus::Won | OpportunityStatus::Completed => Ok(()),
        other => Err(Error::OpportunityNotWon {
            opportunity: deal.id,
            status: status::name(other),
        }),
    }
}

/// Without what has events of its own.
fn outline(delivery: &Delivery) -> Delivery {
    Delivery {
        milestones: Vec::new(),
        findings: Vec::new(),
        ..delivery.clone()
    }
}

/// Changes the delivery of a locked deal; the delivery and the deal after it.
async fn change(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    work: impl FnOnce(&Opportunity, &mut Delivery) -> Result<(), Error>,
) -> Result<(Delivery, Opportunity), Error> {
    let told = |before: &Delivery, after: &Delivery, deal| DeliveryChanged {
        before: Some(outline(before)),
        after: Some(outline(after)),
        opportunity: Some(deal),
    };
    let changed = dossier::change(w, call, deal, work, told).await?;
    Ok((changed.after, changed.deal))
}
