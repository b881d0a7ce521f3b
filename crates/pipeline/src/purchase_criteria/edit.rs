//! Purchase criteria recorded, changed and removed.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::entry;
use crate::error::Error;

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreatePurchaseCriterionRequest,
) -> Result<proto::CreatePurchaseCriterionResponse, Error> {
    let news = request.purchase_criterion.as_ref();
    let (order, news) = entry::read_new(call, &request.parent, &request.etag, news)?;
    let work = async |w: &mut Writer<'_>| {
        let (made, deal) = entry::add::<proto::PurchaseCriterion>(w, call, order, news).await?;
        Ok(proto::CreatePurchaseCriterionResponse {
            purchase_criterion: Some(made),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdatePurchaseCriterionRequest,
) -> Result<proto::UpdatePurchaseCriterionResponse, Error> {
    let news = request.purchase_criterion.as_ref();
    let (order, name, news) =
        entry::read_news::<proto::PurchaseCriterion>(call, &request.etag, news)?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let (now, deal) = entry::alter(w, call, order, (&name, &news), mask).await?;
        Ok(proto::UpdatePurchaseCriterionResponse {
            purchase_criterion: Some(now),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeletePurchaseCriterionRequest,
) -> Result<proto::DeletePurchaseCriterionResponse, Error> {
    let order = entry::read_name::<proto::PurchaseCriterion>(&request.name, &request.etag)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = entry::remove::<proto::PurchaseCriterion>(w, call, order, &request.name).await?;
        Ok(proto::DeletePurchaseCriterionResponse {
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
