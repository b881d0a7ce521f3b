//! `AdvanceOpportunity` and `ForceAdvanceOpportunity`: through the key node (R1), or
//! without it (R2).
//!
//! Key nodes of earlier stages that are still owed are held against the facts at the same
//! time: one that is reached by now is completed with the move.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::dossier::Dossier;
use crate::error::Error;
use crate::hearing::{self, Prepared};
use crate::ids::OpportunityId;
use crate::opportunity;
use crate::stage::{Move, decide};
use crate::stage_move::{self, Circumstances, Tracks};

const MAX_REASON: usize = 2000;
/// How often a deal is judged that changes under the judgement.
const RETRIES: u32 = 5;

/// Which way a deal is to go on.
pub enum Way {
    ThroughKeyNode,
    ByForce { reason: String },
}

pub async fn advance(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::AdvanceOpportunityRequest,
) -> Result<proto::AdvanceOpportunityResponse, Error> {
    let mut tries = 1..RETRIES;
    loop {
        let answer = attempt(pipeline, call, &request).await;
        // Who guards by no etag asks about the deal as it is, also when it changed meanwhile.
        let is_met = matches!(answer, Err(Error::Conflict(_))) && request.etag.is_empty();
        if !is_met || tries.next().is_none() {
            return answer;
        }
    }
}

async fn attempt(
    pipeline: &Pipeline,
    call: &Call,
    request: &proto::AdvanceOpportunityRequest,
) -> Result<proto::AdvanceOpportunityResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    // Judged inside: a repeat is answered as the first was, whatever became of the deal.
    let prepared = hearing::prepare(pipeline, call, id).await;
    pipeline
        .mutations
        .run(call, request, async |w: &mut Writer<'_>| {
            let (opportunity, stage_move) = go_on(
                pipeline,
                call,
                w,
                prepared?,
                &request.etag,
                Way::ThroughKeyNode,
            )
            .await?;
            Ok(proto::AdvanceOpportunityResponse {
                opportunity: Some(opportunity),
                r#move: Some(stage_move),
            })
        })
        .await
}

pub async fn force_advance(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ForceAdvanceOpportunityRequest,
) -> Result<proto::ForceAdvanceOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_REASON);
    bad.finish()?;
    let prepared = hearing::prepare(pipeline, call, id).await;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let (opportunity, stage_move) = go_on(
                pipeline,
                call,
                w,
                prepared?,
                &request.etag,
                Way::ByForce { reason },
            )
            .await?;
            Ok(proto::ForceAdvanceOpportunityResponse {
                opportunity: Some(opportunity),
                r#move: Some(stage_move),
            })
        })
        .await
}

pub async fn go_on(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    prepared: Prepared,
    etag: &str,
    way: Way,
) -> Result<(proto::Opportunity, proto::StageMove), Error> {
    let before = opportunity::lock(w, call, prepared.opportunity.id, etag).await?;
    let process = pipeline.process_of(w, call, &before).await?;
    let dossier = Dossier::load(w, before.id).await?;
    let hearing = prepared.hear(&before, dossier, &process)?;
    let gates = hearing.gates();
    let (step, reason) = match way {
        Way::ThroughKeyNode => (
            Move::Advance {
                from: &before.standing,
                gates: &gates,
            },
            String::new(),
        ),
        Way::ByForce { reason } => (
            Move::Force {
                from: &before.standing,
                gates: &gates,
            },
            reason,
        ),
    };
    let moved = decide(process.track(), step, call.now)
        .map_err(|blocked| hearing.refusal(&before, &blocked))?;
    let circumstances = Circumstances {
        actor: call.principal.subject.clone(),
        now: call.now,
        reason,
        loss: None,
        basis: hearing.basis(&before),
    };
    let tracks = Tracks::along(&process);
    stage_move::move_on(w, &before, tracks, &moved, hearing.grade(), circumstances).await
}
