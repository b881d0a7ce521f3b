//! `CreateNeed`, `UpdateNeed` and `ListNeeds`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateNeedRequest,
) -> Result<proto::CreateNeedResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let need = item::read(&mut bad, call, request.need.as_ref())?;
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (need, opportunity) = item::create(w, call, deal, need).await?;
        Ok(proto::CreateNeedResponse {
            need: Some(need),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateNeedRequest,
) -> Result<proto::UpdateNeedResponse, Error> {
    let said = request.need.clone().unwrap_or_default();
    let id = item::deal_of::<proto::Need>("need.name", &said.name)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let need = item::merged(w, call, id, &said, request.update_mask.as_ref()).await?;
        let (need, opportunity) = item::put(w, call, deal, need, "").await?;
        Ok(proto::UpdateNeedResponse {
            need: Some(need),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListNeedsRequest,
) -> Result<proto::ListNeedsResponse, Error> {
    let needs = item::list(pipeline, call, &request.parent).await?;
    Ok(proto::ListNeedsResponse { needs })
}
