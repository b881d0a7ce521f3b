//! `ListStalledOpportunities`.

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use super::{row, state};
use crate::Pipeline;
use crate::calendar;
use crate::error::Error;
use crate::ids::PersonId;
use crate::opportunity;

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListStalledOpportunitiesRequest,
) -> Result<proto::ListStalledOpportunitiesResponse, Error> {
    let mut bad = Violations::default();
    let owner = bad
        .optional_name("owner", &request.owner)
        .map(|PersonId(id)| id);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[&call.method, &request.owner],
    )?;
    let work = async |tx: &mut Tx| {
        let found = row::page(tx, call, &page, owner).await?;
        let (found, token) = page.close(found, |(id, _)| *id);
        let since: BTreeMap<Uuid, _> = found.into_iter().collect();
        let ids: Vec<Uuid> = since.keys().copied().collect();
        let calendar = calendar::row::in_force(tx).await?;
        let mut opportunities = Vec::with_capacity(ids.len());
        for deal in opportunity::fetch(tx, &ids).await? {
            let process = pipeline.process_of(tx, call, &deal).await?;
            let idle = since.get(&deal.id.0).copied().unwrap_or(call.now);
            opportunities.push(proto::StalledOpportunity {
                stall: Some(state(&calendar, &process, &deal, idle, call.now)),
                opportunity: Some(deal.to_proto()),
            });
        }
        Ok::<_, Error>((opportunities, token))
    };
    let (opportunities, next_page_token) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::ListStalledOpportunitiesResponse {
        opportunities,
        next_page_token,
    })
}
