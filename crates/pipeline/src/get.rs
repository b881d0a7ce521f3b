//! `GetOpportunity`.

use keynode_kit::call::Call;
use keynode_proto::pipeline::v1::{GetOpportunityRequest, GetOpportunityResponse};

use crate::Pipeline;
use crate::error::Error;
use crate::opportunity;

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: GetOpportunityRequest,
) -> Result<GetOpportunityResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let found = pipeline
        .db
        .transaction(call.tenant()?, async |tx| {
            opportunity::read(tx, call, id).await
        })
        .await?;
    Ok(GetOpportunityResponse {
        opportunity: Some(found.to_proto()),
    })
}
