use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::approvals_service_server::ApprovalsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::approval::{decide, delegate, list, put_rules};

#[async_trait]
impl ApprovalsService for Pipeline {
    async fn put_approval_rules(
        &self,
        request: Request<proto::PutApprovalRulesRequest>,
    ) -> Result<Response<proto::PutApprovalRulesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put_rules::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_approval_rules(
        &self,
        request: Request<proto::GetApprovalRulesRequest>,
    ) -> Result<Response<proto::GetApprovalRulesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put_rules::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_approval_rules(
        &self,
        request: Request<proto::ListApprovalRulesRequest>,
    ) -> Result<Response<proto::ListApprovalRulesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put_rules::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_approvals(
        &self,
        request: Request<proto::ListApprovalsRequest>,
    ) -> Result<Response<proto::ListApprovalsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::of_deal(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_pending_approvals(
        &self,
        request: Request<proto::ListPendingApprovalsRequest>,
    ) -> Result<Response<proto::ListPendingApprovalsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::pending(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn decide_approval(
        &self,
        request: Request<proto::DecideApprovalRequest>,
    ) -> Result<Response<proto::DecideApprovalResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = decide::decide(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn withdraw_approval(
        &self,
        request: Request<proto::WithdrawApprovalRequest>,
    ) -> Result<Response<proto::WithdrawApprovalResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = decide::withdraw(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delegate_approval(
        &self,
        request: Request<proto::DelegateApprovalRequest>,
    ) -> Result<Response<proto::DelegateApprovalResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = delegate::delegate(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn revoke_approval_delegation(
        &self,
        request: Request<proto::RevokeApprovalDelegationRequest>,
    ) -> Result<Response<proto::RevokeApprovalDelegationResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = delegate::revoke(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_approval_delegations(
        &self,
        request: Request<proto::ListApprovalDelegationsRequest>,
    ) -> Result<Response<proto::ListApprovalDelegationsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::delegations(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
