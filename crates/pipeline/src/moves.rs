//! How deals end, wait, go back and go on, besides going forward through their key nodes.

pub mod change_process;
pub mod contact_level;
pub mod end;
pub mod pause;
pub mod reassign;
pub mod step_back;
pub mod win;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::error::Error;
use crate::gate::Facts;
use crate::hearing;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Loss, Opportunity};
use crate::process::Process;
use crate::stage::{Blocked, Move, Standing, decide};
use crate::stage_move::{self, Circumstances, Tracks};
use crate::status;

const MAX_REASON: usize = 2000;

/// A deal that is to change, why, and on what condition.
#[derive(Debug)]
struct Order {
    id: OpportunityId,
    etag: String,
    reason: String,
}

impl Order {
    fn read(bad: &mut Violations, name: &str, etag: &str, reason: &str) -> Self {
        Self {
            id: bad.name("name", name),
            etag: etag.to_owned(),
            reason: bad.required_text("reason", reason, MAX_REASON),
        }
    }

    /// The deal, locked, and the process that it follows.
    async fn take(
        &self,
        pipeline: &Pipeline,
        call: &Call,
        w: &mut Writer<'_>,
    ) -> Result<(Opportunity, std::sync::Arc<Process>), Error> {
        let before = opportunity::lock(w, call, self.id, &self.etag).await?;
        let process = pipeline.process_of(w, call, &before).await?;
        Ok((before, process))
    }
}

/// Moves a deal along its process without looking at key nodes: back, or to its end.
async fn go(
    w: &mut Writer<'_>,
    call: &Call,
    before: &Opportunity,
    process: &Process,
    step: Move<'_>,
    (reason, loss): (String, Option<Loss>),
) -> Result<(proto::Opportunity, proto::StageMove), Error> {
    let moved = decide(process.track(), step, call.now)
        .map_err(|blocked| refusal(before, &before.standing, &blocked))?;
    let circumstances = Circumstances {
        actor: call.principal.subject.clone(),
        now: call.now,
        reason,
        loss,
        basis: hearing::basis(before, &Facts::default()),
    };
    stage_move::move_on(
        w,
        before,
        Tracks::along(process),
        &moved,
        None,
        circumstances,
    )
    .await
}

/// Why a move that looks at no key node is refused.
fn refusal(deal: &Opportunity, standing: &Standing, blocked: &Blocked) -> Error {
    let opportunity = deal.id;
    match blocked {
        Blocked::Open => Error::OpportunityOpen { opportunity },
        Blocked::NotEarlier => Error::StageNotEarlier {
            opportunity,
            stage: deal.stage.clone(),
        },
        Blocked::Closed(closed) => Error::OpportunityClosed {
            opportunity,
            status: status::name(status::kind(*closed)),
        },
        Blocked::KeyNodeNotReached | Blocked::KeyNodeReached | Blocked::NotForcible => {
            Error::OpportunityClosed {
                opportunity,
                status: status::name(status::kind(standing.status())),
            }
        }
    }
}

/// The position of a stage that a request names.
fn position(process: &Process, stage: &str) -> Result<i32, Error> {
    let found = process.stage(stage).map(|stage| stage.position);
    found.ok_or_else(|| Error::StageNotFound {
        process: process.name(),
        stage: stage.to_owned(),
    })
}

/// Refuses a change of what is over.
fn require_open(deal: &Opportunity) -> Result<(), Error> {
    match deal.status() {
        proto::OpportunityStatus::Open => Ok(()),
        closed => Err(Error::OpportunityClosed {
            opportunity: deal.id,
            status: status::name(closed),
        }),
    }
}
