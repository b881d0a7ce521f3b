//! `GetDelivery`: the delivery with its milestones and findings.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetDeliveryRequest,
) -> Result<proto::GetDeliveryResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let delivery: proto::Delivery = dossier::load(tx, id).await?;
        Ok::<_, Error>((deal, delivery))
    };
    let (deal, delivery) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetDeliveryResponse {
        delivery: Some(delivery),
        etag: deal.etag(),
    })
}
