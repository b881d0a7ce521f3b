//! `CreateNeed`, `UpdateNeed` and `ListNeeds`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateNeedRequest,
) -> Result<proto::CreateNeedResponse, Error> {
    let said = request.need.as_ref();
    let (id, need) = item::read_new(call, &request.parent, said)?;
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
    let (id, news) = item::read_news(call, request.need.as_ref())?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (need, opportunity) = item::update(w, call, deal, &news, mask).await?;
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
