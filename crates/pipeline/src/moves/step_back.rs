//! `RetreatOpportunity` and `ReopenOpportunity`: on from an earlier stage.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Order, go, position};
use crate::Pipeline;
use crate::error::Error;
use crate::stage::Move;

const MAX_STAGE: usize = 64;

pub async fn retreat(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RetreatOpportunityRequest,
) -> Result<proto::RetreatOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let stage = bad.required_text("stage", &request.stage, MAX_STAGE);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let (before, process) = order.take(pipeline, call, w).await?;
        let step = Move::Retreat {
            from: &before.standing,
            position: position(&process, &stage)?,
        };
        let (opportunity, moved) =
            go(w, call, &before, &process, step, (order.reason, None)).await?;
        Ok(proto::RetreatOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn reopen(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReopenOpportunityRequest,
) -> Result<proto::ReopenOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let stage = bad.required_text("stage", &request.stage, MAX_STAGE);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let (before, process) = order.take(pipeline, call, w).await?;
        let step = Move::Reopen {
            from: &before.standing,
            position: position(&process, &stage)?,
        };
        let (opportunity, moved) =
            go(w, call, &before, &process, step, (order.reason, None)).await?;
        Ok(proto::ReopenOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
