//! `GetBid`: the bid without the rows of its requirement matrix.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetBidRequest,
) -> Result<proto::GetBidResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let bid: proto::Bid = dossier::load(tx, id).await?;
        Ok::<_, Error>((deal, bid))
    };
    let (deal, bid) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetBidResponse {
        bid: Some(super::to_proto(&bid)),
        etag: deal.etag(),
    })
}
