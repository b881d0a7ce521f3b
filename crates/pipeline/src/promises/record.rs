//! `CreatePromise`, `UpdatePromise` and `ListPromises`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PromiseState;

use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::{Pipeline, item, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreatePromiseRequest,
) -> Result<proto::CreatePromiseResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let mut promise: proto::Promise = item::read(&mut bad, call, request.promise.as_ref())?;
    bad.finish()?;
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
    let said = request.promise.clone().unwrap_or_default();
    let id = item::deal_of::<proto::Promise>("promise.name", &said.name)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let promise = item::merged(w, call, id, &said, request.update_mask.as_ref()).await?;
        let (promise, opportunity) = item::put(w, call, deal, promise, "").await?;
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
