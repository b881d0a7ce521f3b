//! Goes back to what is shipped for a function.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    Function, ResetConcernDefaultsRequest, ResetConcernDefaultsResponse,
};

use super::defaults;
use crate::Accounts;
use crate::error::Error;

pub async fn reset(
    service: &Accounts,
    call: &Call,
    request: ResetConcernDefaultsRequest,
) -> Result<ResetConcernDefaultsResponse, Error> {
    let mut bad = Violations::default();
    let function: Function = bad.required_enum("function", request.function);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = defaults::lock(w, function).await?;
            etag::check(
                &defaults::name(function),
                &request.etag,
                before.version(function),
            )?;
            let after = defaults::decide(w, call, &before, function, None).await?;
            Ok(ResetConcernDefaultsResponse {
                defaults: Some(after),
            })
        })
        .await
}
