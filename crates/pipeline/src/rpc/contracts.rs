use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::contracts_service_server::ContractsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::contract::{amend, read, sign, submit, update};

#[async_trait]
impl ContractsService for Pipeline {
    async fn get_contract(
        &self,
        request: Request<proto::GetContractRequest>,
    ) -> Result<Response<proto::GetContractResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_contract(
        &self,
        request: Request<proto::UpdateContractRequest>,
    ) -> Result<Response<proto::UpdateContractResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = update::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn submit_contract_for_approval(
        &self,
        request: Request<proto::SubmitContractForApprovalRequest>,
    ) -> Result<Response<proto::SubmitContractForApprovalResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = submit::submit(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn sign_contract(
        &self,
        request: Request<proto::SignContractRequest>,
    ) -> Result<Response<proto::SignContractResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = sign::contract(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn create_contract_amendment(
        &self,
        request: Request<proto::CreateContractAmendmentRequest>,
    ) -> Result<Response<proto::CreateContractAmendmentResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = amend::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn sign_contract_amendment(
        &self,
        request: Request<proto::SignContractAmendmentRequest>,
    ) -> Result<Response<proto::SignContractAmendmentResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = sign::amendment(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
