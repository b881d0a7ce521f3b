//! `ListPursuitCosts` and `GetPursuitSummary`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use super::assess;
use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListPursuitCostsRequest,
) -> Result<proto::ListPursuitCostsResponse, Error> {
    let id = opportunity::id("parent", &request.parent)?;
    let arguments = [call.method.as_str(), request.parent.as_str()];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        dossier::load::<proto::PursuitCosts>(tx, id).await
    };
    let part = pipeline.db.transaction(call.tenant()?, work).await?;
    // Entries stand in the order of their ids.
    let costs = part.costs.into_iter();
    let rest = costs.filter(|cost| page.after.is_none_or(|after| id_of(cost) > after));
    let limit = usize::try_from(page.fetch()).unwrap_or_default();
    let (costs, next_page_token) = page.close(rest.take(limit).collect(), id_of);
    Ok(proto::ListPursuitCostsResponse {
        costs,
        next_page_token,
    })
}

fn id_of(cost: &proto::PursuitCost) -> Uuid {
    let id = cost.name.rsplit('/').next().and_then(|id| id.parse().ok());
    id.unwrap_or_default()
}

pub async fn summarize(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetPursuitSummaryRequest,
) -> Result<proto::GetPursuitSummaryResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let process = pipeline.process_of(tx, call, &deal).await?;
        let part: proto::PursuitCosts = dossier::load(tx, id).await?;
        let summary = assess(tx, &deal, &part.costs, call.today()).await?;
        Ok::<_, Error>(proto::GetPursuitSummaryResponse {
            summary: Some(summary.to_proto(&process, call.reveals)),
            masked: !call.reveals,
            etag: deal.etag(),
        })
    };
    pipeline.db.transaction(call.tenant()?, work).await
}
