//! `GetContract`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::{Pipeline, dossier, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetContractRequest,
) -> Result<proto::GetContractResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let contract: proto::Contract = dossier::load(tx, id).await?;
        Ok::<_, Error>((deal, contract))
    };
    let (deal, contract) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetContractResponse {
        contract: Some(proto::Contract {
            name: id.to_string(),
            ..contract
        }),
        etag: deal.etag(),
    })
}
