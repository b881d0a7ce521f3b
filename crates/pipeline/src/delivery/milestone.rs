//! Milestones of a delivery recorded, changed and removed.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateMilestoneRequest,
) -> Result<proto::CreateMilestoneResponse, Error> {
    let said = request.milestone.as_ref();
    let (id, news) = item::read_new(call, &request.parent, said)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (made, deal) = item::create(w, call, deal, news).await?;
        Ok(proto::CreateMilestoneResponse {
            milestone: Some(made),
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateMilestoneRequest,
) -> Result<proto::UpdateMilestoneResponse, Error> {
    let (id, news) = item::read_news(call, request.milestone.as_ref())?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (now, deal) = item::update(w, call, deal, &news, mask).await?;
        Ok(proto::UpdateMilestoneResponse {
            milestone: Some(now),
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeleteMilestoneRequest,
) -> Result<proto::DeleteMilestoneResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<proto::Milestone>(&mut bad, &request.name);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let deal = item::delete::<proto::Milestone>(w, call, deal, &request.name, "").await?;
        Ok(proto::DeleteMilestoneResponse {
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
