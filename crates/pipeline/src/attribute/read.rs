//! `GetAttribute` and `ListAttributes`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1::{
    GetAttributeRequest, GetAttributeResponse, ListAttributesRequest, ListAttributesResponse,
};

use super::read_name;
use super::row::{self, Attribute};
use crate::Pipeline;
use crate::error::Error;

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: GetAttributeRequest,
) -> Result<GetAttributeResponse, Error> {
    let id = read_name("name", &request.name)?;
    let find = async |tx: &mut Tx| row::find(tx, &id).await;
    let attribute = pipeline.db.transaction(call.tenant()?, find).await?;
    Ok(GetAttributeResponse {
        attribute: Some(attribute.to_proto()),
    })
}

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    _: ListAttributesRequest,
) -> Result<ListAttributesResponse, Error> {
    let all = async |tx: &mut Tx| row::all(tx).await;
    let declared = pipeline.db.transaction(call.tenant()?, all).await?;
    Ok(ListAttributesResponse {
        attributes: declared.iter().map(Attribute::to_proto).collect(),
    })
}
