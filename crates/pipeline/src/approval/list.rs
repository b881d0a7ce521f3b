//! `ListApprovals`, `ListPendingApprovals`, `ListApprovalDelegations`.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1 as proto;
use prost::Message as _;
use uuid::Uuid;

use super::delegation::{self, Delegation};
use super::{id_of, shown, standing, wait};
use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn of_deal(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListApprovalsRequest,
) -> Result<proto::ListApprovalsResponse, Error> {
    let id = opportunity::id("parent", &request.parent)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let part: proto::Approvals = dossier::load(tx, id).await?;
        Ok::<_, Error>((deal, part))
    };
    let (deal, part) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::ListApprovalsResponse {
        approvals: part.approvals.iter().map(|it| shown(call, it)).collect(),
        etag: deal.etag(),
    })
}

pub async fn pending(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListPendingApprovalsRequest,
) -> Result<proto::ListPendingApprovalsResponse, Error> {
    let page = Page::open(request.page_size, &request.page_token, &[&call.method])?;
    let Some(person) = call.principal.person else {
        return Ok(proto::ListPendingApprovalsResponse::default());
    };
    let delegators = standing::for_all(pipeline, call, person).await?;
    let work = async |tx: &mut Tx| {
        let whose = (person, delegators.as_slice());
        let found = wait::page(tx, call, whose, page.after, page.fetch()).await?;
        let deals: Vec<Uuid> = found.iter().map(|(deal, _)| *deal).collect();
        let parts = wait::approvals(tx, &deals).await?;
        Ok::<_, Error>((found, parts))
    };
    let (found, parts) = pipeline.db.transaction(call.tenant()?, work).await?;
    let (found, next_page_token) = page.close(found, |(_, approval)| *approval);
    let asked: HashSet<Uuid> = found.iter().map(|(_, approval)| *approval).collect();
    let mut approvals = Vec::new();
    for bytes in parts {
        let part = proto::Approvals::decode(bytes.as_slice()).map_err(Fault::internal)?;
        let of_deal = part.approvals.iter();
        let waiting = of_deal.filter(|it| asked.contains(&id_of(&it.name)));
        approvals.extend(waiting.map(|it| shown(call, it)));
    }
    approvals.sort_by_key(|it| id_of(&it.name));
    Ok(proto::ListPendingApprovalsResponse {
        approvals,
        next_page_token,
    })
}

pub async fn delegations(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListApprovalDelegationsRequest,
) -> Result<proto::ListApprovalDelegationsResponse, Error> {
    let page = Page::open(request.page_size, &request.page_token, &[&call.method])?;
    let Some(person) = call.principal.person else {
        return Ok(proto::ListApprovalDelegationsResponse::default());
    };
    let work = async |tx: &mut Tx| {
        Ok::<_, Error>(delegation::page(tx, person, page.after, page.fetch()).await?)
    };
    let rows = pipeline.db.transaction(call.tenant()?, work).await?;
    let (rows, next_page_token) = page.close(rows, |it| it.id);
    Ok(proto::ListApprovalDelegationsResponse {
        delegations: rows.iter().map(Delegation::to_proto).collect(),
        next_page_token,
    })
}
