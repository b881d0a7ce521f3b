//! What the pipeline service knows of an opportunity, asked on the caller's behalf.

use std::time::Duration;

use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{GetOpportunityRequest, Opportunity};
use tonic::{Code, Status};

use crate::error::Error;
use crate::ids::OpportunityId;

/// Reads an opportunity that the caller sees.
///
/// # Errors
/// `OPPORTUNITY_NOT_FOUND`; `UNAVAILABLE` naming pipeline when it does not answer.
pub async fn get(pipeline: &Channel, call: &Call, id: OpportunityId) -> Result<Opportunity, Error> {
    let mut client = OpportunitiesServiceClient::new(pipeline.for_call(call));
    let request = GetOpportunityRequest {
        name: id.to_string(),
    };
    match client.get_opportunity(request).await {
        Ok(answer) => Ok(answer
            .into_inner()
            .opportunity
            .ok_or_else(|| Fault::internal("pipeline answered no opportunity"))?),
        Err(status) => Err(refusal(id, &status)),
    }
}

/// What the caller is told of pipeline's refusal.
fn refusal(id: OpportunityId, status: &Status) -> Error {
    match status.code() {
        Code::NotFound => Error::OpportunityNotFound(id),
        Code::PermissionDenied => denied().into(),
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled => {
            unavailable().into()
        }
        code => Fault::internal(format!("pipeline answered {code:?}: {}", status.message())).into(),
    }
}

fn denied() -> Fault {
    Fault::new(
        Code::PermissionDenied,
        CommonReason::PermissionDenied.as_str_name(),
        "a decision map needs the right to read its opportunity; ask for the permission",
    )
    .zh("无权读取该商机,请申请权限")
    .with("service", "pipeline")
}

/// Pipeline does not answer.
pub fn unavailable() -> Fault {
    Fault::new(
        Code::Unavailable,
        CommonReason::Unavailable.as_str_name(),
        "the pipeline service does not answer and knows the opportunity; retry",
    )
    .zh("所依赖的服务暂不可用,请稍后重试")
    .with("service", "pipeline")
    .retry_after(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use keynode_kit::error::Explain as _;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_pipeline_refuses_is_told_on_purpose() {
        let told = |code| {
            let error = refusal(OpportunityId(Uuid::nil()), &Status::new(code, "x"));
            error.explain().code()
        };
        for (code, expected) in [
            (Code::NotFound, Code::NotFound),
            (Code::PermissionDenied, Code::PermissionDenied),
            (Code::DeadlineExceeded, Code::Unavailable),
            (Code::Cancelled, Code::Unavailable),
            (Code::Unauthenticated, Code::Internal),
        ] {
            assert_eq!(told(code), expected, "{code:?}");
        }
    }
}
