//! What the other services know. They are asked on the caller's behalf: the pipeline decides
//! who sees a deal, accounts who sees its decision map and who its insiders are.

use std::time::Duration;

use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::{AnalyzeDecisionMapRequest, DecisionMapAnalysis};
use keynode_proto::common::v1::ErrorReason as Common;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    Activity, GateResult, GetOpportunityFactsRequest, GetOpportunityFactsResponse, Opportunity,
    Process,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::error::Error;
use crate::evaluation::OpportunityId;

/// What the pipeline service knows of an opportunity.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub opportunity: Opportunity,
    pub process: Process,
    /// Newest first.
    pub activities: Vec<Activity>,
    /// What rests on other services is `NOT_FETCHED`.
    pub gates: Vec<GateResult>,
    /// Everything else that was answered; the fields above are taken out of it.
    pub dossier: GetOpportunityFactsResponse,
}

/// Reads the facts of an opportunity that the caller sees.
pub(crate) async fn facts(
    pipeline: &Channel,
    call: &Call,
    opportunity: OpportunityId,
) -> Result<Facts, Error> {
    let mut client = OpportunitiesServiceClient::new(pipeline.for_call(call));
    let request = GetOpportunityFactsRequest {
        name: opportunity.to_string(),
    };
    match client.get_opportunity_facts(request).await {
        Ok(answer) => Facts::read(answer.into_inner()),
        Err(status) if status.code() == Code::NotFound => {
            Err(Error::OpportunityNotFound(opportunity))
        }
        Err(status) => Err(fault("pipeline", &status).into()),
    }
}

/// Reads what the decision map means to the caller. A map that is not there, or that the
/// caller may not read, is nothing known; never an error of the deal.
pub(crate) async fn analysis(
    accounts: &Channel,
    call: &Call,
    opportunity: OpportunityId,
) -> Result<DecisionMapAnalysis, Error> {
    match analyze(accounts.for_call(call), opportunity).await {
        Ok(analysis) => Ok(analysis),
        Err(status) if is_hidden(&status) => nothing_known(accounts, call, opportunity).await,
        Err(status) => Err(fault("accounts", &status).into()),
    }
}

async fn analyze(
    accounts: Channel,
    opportunity: OpportunityId,
) -> Result<DecisionMapAnalysis, Status> {
    let request = AnalyzeDecisionMapRequest {
        name: map_of(opportunity),
    };
    let mut client = DecisionMapsServiceClient::new(accounts);
    let answer = client.analyze_decision_map(request).await?.into_inner();
    answer
        .analysis
        .ok_or_else(|| Status::internal("an answer without analysis"))
}

fn map_of(opportunity: OpportunityId) -> String {
    format!("{opportunity}/decisionMap")
}

/// Whether it is not there for the caller, or not for this credential of the caller's.
fn is_hidden(status: &Status) -> bool {
    matches!(status.code(), Code::NotFound | Code::PermissionDenied)
}

/// What accounts says of a map that is not there, so that the two cannot be told apart. No
/// opportunity has this id: nothing of anybody's is asked for, and the service may ask.
async fn nothing_known(
    accounts: &Channel,
    call: &Call,
    opportunity: OpportunityId,
) -> Result<DecisionMapAnalysis, Error> {
    let own = accounts.for_call(call).as_service(call.principal.tenant);
    let nobodys = OpportunityId(Uuid::nil());
    match analyze(own, nobodys).await {
        Ok(analysis) => Ok(DecisionMapAnalysis {
            map: map_of(opportunity),
            ..analysis
        }),
        // It was not the caller who was refused.
        Err(status)
            if matches!(
                status.code(),
                Code::PermissionDenied | Code::Unauthenticated
            ) =>
        {
            Err(Fault::internal(format!("accounts answered: {status}")).into())
        }
        Err(status) => Err(fault("accounts", &status).into()),
    }
}

impl Facts {
    fn read(mut answer: GetOpportunityFactsResponse) -> Result<Self, Error> {
        let incomplete =
            || Fault::internal("pipeline answered facts without opportunity or process");
        Ok(Self {
            opportunity: answer.opportunity.take().ok_or_else(incomplete)?,
            process: answer.process.take().ok_or_else(incomplete)?,
            activities: std::mem::take(&mut answer.activities),
            gates: std::mem::take(&mut answer.gates),
            dossier: answer,
        })
    }
}

/// What a caller is told of a peer's refusal. Refusals that concern the caller go on;
/// everything else is a fault between the services.
fn fault(peer: &'static str, status: &Status) -> Fault {
    // A peer that shuts down cancels what it works on.
    let code = match status.code() {
        Code::Cancelled => Code::Unavailable,
        code => code,
    };
    let (reason, en, zh) = match code {
        Code::Unavailable => (
            Common::Unavailable,
            "cannot be reached; retry",
            "暂不可用,请稍后重试",
        ),
        Code::DeadlineExceeded => (
            Common::DeadlineExceeded,
            "did not answer in time; retry, or allow more time",
            "未在时限内应答,请重试或放宽时限",
        ),
        Code::ResourceExhausted => (
            Common::Overloaded,
            "has too much to do; retry later",
            "繁忙,请稍后重试",
        ),
        Code::PermissionDenied => (
            Common::PermissionDenied,
            "refuses you the facts that this needs; ask for the permission",
            "拒绝提供所需的数据,请申请权限",
        ),
        Code::Unauthenticated => (
            Common::CredentialInvalid,
            "does not take your credential; get a new one",
            "不接受您的凭证,请重新获取",
        ),
        _ => return Fault::internal(format!("{peer} answered: {status}")),
    };
    let fault = Fault::new(
        code,
        reason.as_str_name(),
        format!("the {peer} service {en}"),
    )
    .zh(format!("{peer} 服务{zh}"))
    .with("service", peer);
    match code {
        Code::Unavailable | Code::ResourceExhausted => fault.retry_after(Duration::from_secs(1)),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_caller_goes_on() {
        for (code, reason) in [
            (Code::Unavailable, "UNAVAILABLE"),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
            (Code::ResourceExhausted, "OVERLOADED"),
            (Code::PermissionDenied, "PERMISSION_DENIED"),
            (Code::Unauthenticated, "CREDENTIAL_INVALID"),
        ] {
            let fault = fault("pipeline", &Status::new(code, "told"));
            assert_eq!((fault.code(), fault.reason()), (code, reason));
        }
    }

    #[test]
    fn a_peer_that_went_away_may_be_asked_again() {
        let fault = fault("pipeline", &Status::cancelled("shutting down"));
        assert_eq!(
            (fault.code(), fault.reason()),
            (Code::Unavailable, "UNAVAILABLE")
        );
    }

    #[test]
    fn a_fault_between_the_services_stays_inside() {
        let fault = fault("pipeline", &Status::invalid_argument("a secret"));
        assert_eq!((fault.code(), fault.reason()), (Code::Internal, "INTERNAL"));
        assert!(!fault.message().contains("secret"));
    }

    #[test]
    fn facts_without_the_opportunity_are_no_facts() {
        let answer = GetOpportunityFactsResponse {
            process: Some(Process::default()),
            ..Default::default()
        };
        assert!(Facts::read(answer).is_err());
    }
}
