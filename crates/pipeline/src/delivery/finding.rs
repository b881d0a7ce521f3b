//! Findings recorded, changed and removed.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::entry;
use crate::error::Error;

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateFindingRequest,
) -> Result<proto::CreateFindingResponse, Error> {
    let news = request.finding.as_ref();
    let (order, news) = entry::read_new(call, &request.parent, &request.etag, news)?;
    let work = async |w: &mut Writer<'_>| {
        let (made, deal) = entry::add::<proto::Finding>(w, call, order, news).await?;
        Ok(proto::CreateFindingResponse {
            finding: Some(made),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateFindingRequest,
) -> Result<proto::UpdateFindingResponse, Error> {
    let news = request.finding.as_ref();
    let (order, name, news) = entry::read_news::<proto::Finding>(call, &request.etag, news)?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let (now, deal) = entry::alter(w, call, order, (&name, &news), mask).await?;
        Ok(proto::UpdateFindingResponse {
            finding: Some(now),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeleteFindingRequest,
) -> Result<proto::DeleteFindingResponse, Error> {
    let order = entry::read_name::<proto::Finding>(&request.name, &request.etag)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = entry::remove::<proto::Finding>(w, call, order, &request.name).await?;
        Ok(proto::DeleteFindingResponse {
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
