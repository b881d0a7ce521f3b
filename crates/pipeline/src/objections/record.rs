//! `CreateObjection`, `UpdateObjection` and `ListObjections`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ObjectionState;

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateObjectionRequest,
) -> Result<proto::CreateObjectionResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let mut objection: proto::Objection = item::read(&mut bad, call, request.objection.as_ref())?;
    bad.finish()?;
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
    let said = request.objection.clone().unwrap_or_default();
    let id = item::deal_of::<proto::Objection>("objection.name", &said.name)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let objection = item::merged(w, call, id, &said, request.update_mask.as_ref()).await?;
        let (objection, opportunity) = item::put(w, call, deal, objection, "").await?;
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
