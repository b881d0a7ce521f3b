//! `CreateObjection`, `UpdateObjection` and `ListObjections`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ObjectionState;

use crate::error::Error;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateObjectionRequest,
) -> Result<proto::CreateObjectionResponse, Error> {
    let said = request.objection.as_ref();
    let (id, mut objection) = item::read_new(call, &request.parent, said)?;
    objection.set_state(ObjectionState::Open);
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (objection, opportunity) = item::create(w, call, deal, objection).await?;
        Ok(proto::CreateObjectionResponse {
            objection: Some(objection),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateObjectionRequest,
) -> Result<proto::UpdateObjectionResponse, Error> {
    let (id, news) = item::read_news(call, request.objection.as_ref())?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (objection, opportunity) = item::update(w, call, deal, &news, mask).await?;
        Ok(proto::UpdateObjectionResponse {
            objection: Some(objection),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListObjectionsRequest,
) -> Result<proto::ListObjectionsResponse, Error> {
    let objections = item::list(pipeline, call, &request.parent).await?;
    Ok(proto::ListObjectionsResponse { objections })
}
