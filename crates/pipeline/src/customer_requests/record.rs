//! `CreateCustomerRequest`, `UpdateCustomerRequest` and `ListCustomerRequests`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::RequestAnswer;

use super::require_need;
use crate::error::Error;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    message: proto::CreateCustomerRequestRequest,
) -> Result<proto::CreateCustomerRequestResponse, Error> {
    let said = message.request.as_ref();
    let (id, mut request) = item::read_new(call, &message.parent, said)?;
    request.set_answer(RequestAnswer::Pending);
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &message.etag).await?;
        require_need(w, id, &request.need).await?;
        let (request, opportunity) = item::create(w, call, deal, request).await?;
        Ok(proto::CreateCustomerRequestResponse {
            request: Some(request),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &message, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    message: proto::UpdateCustomerRequestRequest,
) -> Result<proto::UpdateCustomerRequestResponse, Error> {
    let (id, news) = item::read_news(call, message.request.as_ref())?;
    let mask = message.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &message.etag).await?;
        let request = item::merged(w, call, id, &news, mask).await?;
        require_need(w, id, &request.need).await?;
        let (request, opportunity) = item::put(w, call, deal, request, "").await?;
        Ok(proto::UpdateCustomerRequestResponse {
            request: Some(request),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &message, work).await
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    message: proto::ListCustomerRequestsRequest,
) -> Result<proto::ListCustomerRequestsResponse, Error> {
    let requests = item::list(pipeline, call, &message.parent).await?;
    Ok(proto::ListCustomerRequestsResponse { requests })
}
