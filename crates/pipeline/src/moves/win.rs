//! `WinOpportunity`: through the key node of the stage that wins.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::advance::{Way, go_on};
use crate::error::Error;
use crate::{hearing, opportunity};

pub async fn win(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::WinOpportunityRequest,
) -> Result<proto::WinOpportunityResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let prepared = hearing::prepare(pipeline, call, id).await;
    let work = async |w: &mut Writer<'_>| {
        let prepared = prepared?;
        let stage = prepared.opportunity.stage.clone();
        if !prepared.is_to_win() {
            return Err(Error::StageDoesNotWin {
                opportunity: id,
                stage,
            });
        }
        let way = Way::ThroughKeyNode;
        let (opportunity, moved) = go_on(pipeline, call, w, prepared, &request.etag, way).await?;
        Ok(proto::WinOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
