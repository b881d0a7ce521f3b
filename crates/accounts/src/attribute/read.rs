//! Reads one declaration, and lists all of them.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetAttributeRequest, GetAttributeResponse, ListAttributesRequest, ListAttributesResponse,
};

use super::id::AttributeId;
use super::{Attribute, all, find};
use crate::Accounts;
use crate::error::Error;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAttributeRequest,
) -> Result<GetAttributeResponse, Error> {
    let id = read_name("name", &request.name)?;
    let attribute = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetAttributeResponse {
        attribute: Some(attribute.to_proto()),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    _: ListAttributesRequest,
) -> Result<ListAttributesResponse, Error> {
    let declared = service
        .read(call, async |tx: &mut Tx| all(tx).await)
        .await?;
    Ok(ListAttributesResponse {
        attributes: declared.iter().map(Attribute::to_proto).collect(),
    })
}

/// The attribute that a request is about.
pub fn read_name(field: &str, name: &str) -> Result<AttributeId, Error> {
    name.parse().map_err(|error: keynode_kit::name::NameError| {
        let mut bad = Violations::default();
        bad.add(field, error.to_string());
        bad.finish().expect_err("a violation was just added").into()
    })
}
