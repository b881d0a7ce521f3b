//! `GetPurchaseCriteria`: the criteria and what they mean.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use super::{analysis, warnings};
use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetPurchaseCriteriaRequest,
) -> Result<proto::GetPurchaseCriteriaResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let process = pipeline.process_of(tx, call, &deal).await?;
        let part: proto::PurchaseCriteria = dossier::load(tx, id).await?;
        Ok::<_, Error>((deal, process, part))
    };
    let (deal, process, part) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetPurchaseCriteriaResponse {
        analysis: Some(analysis::analyse(&part, &deal.terms.competitors)),
        warnings: warnings(&deal, &process, &part),
        etag: deal.etag(),
        purchase_criteria: Some(part),
    })
}
