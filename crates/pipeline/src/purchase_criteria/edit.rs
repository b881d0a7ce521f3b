//! Purchase criteria recorded, changed and removed.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreatePurchaseCriterionRequest,
) -> Result<proto::CreatePurchaseCriterionResponse, Error> {
    let said = request.purchase_criterion.as_ref();
    let (id, news) = item::read_new(call, &request.parent, said)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (made, deal) = item::create(w, call, deal, news).await?;
        Ok(proto::CreatePurchaseCriterionResponse {
            purchase_criterion: Some(made),
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdatePurchaseCriterionRequest,
) -> Result<proto::UpdatePurchaseCriterionResponse, Error> {
    let (id, news) = item::read_news(call, request.purchase_criterion.as_ref())?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (now, deal) = item::update(w, call, deal, &news, mask).await?;
        Ok(proto::UpdatePurchaseCriterionResponse {
            purchase_criterion: Some(now),
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeletePurchaseCriterionRequest,
) -> Result<proto::DeletePurchaseCriterionResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<proto::PurchaseCriterion>(&mut bad, &request.name);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let deal =
            item::delete::<proto::PurchaseCriterion>(w, call, deal, &request.name, "").await?;
        Ok(proto::DeletePurchaseCriterionResponse {
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
