//! `RetreatOpportunity` and `ReopenOpportunity`: on from an earlier stage.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Order, go, position};
use crate::Pipeline;
use crate::error::Error;
use crate::stage::{Move, Standing};

const MAX_STAGE: usize = 64;

/// A stage to go on in, and why.
struct Back {
    order: Order,
    stage: String,
}

impl Back {
    fn read(name: &str, etag: &str, reason: &str, stage: &str) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let back = Self {
            order: Order::read(&mut bad, name, etag, reason),
            stage: bad.required_text("stage", stage, MAX_STAGE),
        };
        bad.finish()?;
        Ok(back)
    }

    async fn go(
        self,
        pipeline: &Pipeline,
        call: &Call,
        w: &mut Writer<'_>,
        step: for<'s> fn(&'s Standing, i32) -> Move<'s>,
    ) -> Result<(proto::Opportunity, proto::StageMove), Error> {
        let (before, process) = self.order.take(pipeline, call, w).await?;
        let step = step(&before.standing, position(&process, &self.stage)?);
        go(w, call, &before, &process, step, (self.order.reason, None)).await
    }
}

pub async fn retreat(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RetreatOpportunityRequest,
) -> Result<proto::RetreatOpportunityResponse, Error> {
    let back = Back::read(
        &request.name,
        &request.etag,
        &request.reason,
        &request.stage,
    )?;
    let work = async |w: &mut Writer<'_>| {
        let (opportunity, moved) = back
            .go(pipeline, call, w, |from, position| Move::Retreat {
                from,
                position,
            })
            .await?;
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
    let back = Back::read(
        &request.name,
        &request.etag,
        &request.reason,
        &request.stage,
    )?;
    let work = async |w: &mut Writer<'_>| {
        let (opportunity, moved) = back
            .go(pipeline, call, w, |from, position| Move::Reopen {
                from,
                position,
            })
            .await?;
        Ok(proto::ReopenOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
