//! `CreatePromise`, `UpdatePromise` and `ListPromises`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PromiseState;

use crate::error::Error;
use crate::ids::PersonId;
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreatePromiseRequest,
) -> Result<proto::CreatePromiseResponse, Error> {
    let said = request.promise.as_ref();
    let (id, mut promise) = item::read_new(call, &request.parent, said)?;
    promise.set_state(PromiseState::Open);
    if let (true, Some(person)) = (promise.person.is_empty(), call.principal.person) {
        promise.person = PersonId(person).to_string();
    }
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (promise, opportunity) = item::create(w, call, deal, promise).await?;
        Ok(proto::CreatePromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdatePromiseRequest,
) -> Result<proto::UpdatePromiseResponse, Error> {
    let (id, news) = item::read_news(call, request.promise.as_ref())?;
    let mask = request.update_mask.as_ref();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (promise, opportunity) = item::update(w, call, deal, &news, mask).await?;
        Ok(proto::UpdatePromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListPromisesRequest,
) -> Result<proto::ListPromisesResponse, Error> {
    let promises = item::list(pipeline, call, &request.parent).await?;
    Ok(proto::ListPromisesResponse { promises })
}
