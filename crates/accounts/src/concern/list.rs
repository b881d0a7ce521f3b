//! Lists what is usual for every function.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::accounts::v1::{ListConcernDefaultsRequest, ListConcernDefaultsResponse};

use super::{catalogue, defaults};
use crate::Accounts;
use crate::error::Error;

pub async fn list(
    service: &Accounts,
    call: &Call,
    _: ListConcernDefaultsRequest,
) -> Result<ListConcernDefaultsResponse, Error> {
    let usual = service
        .read(call, async |tx: &mut Tx| defaults::load(tx).await)
        .await?;
    Ok(ListConcernDefaultsResponse {
        defaults: catalogue::functions()
            .map(|function| usual.to_proto(function))
            .collect(),
    })
}
