use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::implementation_service_server::ImplementationService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::delivery::{accept, close, finding, get, hand_over, milestone};

#[async_trait]
impl ImplementationService for Pipeline {
    async fn get_delivery(
        &self,
        request: Request<proto::GetDeliveryRequest>,
    ) -> Result<Response<proto::GetDeliveryResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = get::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn create_milestone(
        &self,
        request: Request<proto::CreateMilestoneRequest>,
    ) -> Result<Response<proto::CreateMilestoneResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = milestone::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_milestone(
        &self,
        request: Request<proto::UpdateMilestoneRequest>,
    ) -> Result<Response<proto::UpdateMilestoneResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = milestone::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_milestone(
        &self,
        request: Request<proto::DeleteMilestoneRequest>,
    ) -> Result<Response<proto::DeleteMilestoneResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = milestone::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn create_finding(
        &self,
        request: Request<proto::CreateFindingRequest>,
    ) -> Result<Response<proto::CreateFindingResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = finding::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_finding(
        &self,
        request: Request<proto::UpdateFindingRequest>,
    ) -> Result<Response<proto::UpdateFindingResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = finding::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_finding(
        &self,
        request: Request<proto::DeleteFindingRequest>,
    ) -> Result<Response<proto::DeleteFindingResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = finding::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn plan_acceptance(
        &self,
        request: Request<proto::PlanAcceptanceRequest>,
    ) -> Result<Response<proto::PlanAcceptanceResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = accept::plan(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn record_acceptance(
        &self,
        request: Request<proto::RecordAcceptanceRequest>,
    ) -> Result<Response<proto::RecordAcceptanceResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = accept::record(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn close_project(
        &self,
        request: Request<proto::CloseProjectRequest>,
    ) -> Result<Response<proto::CloseProjectResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = close::close(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn record_hand_over(
        &self,
        request: Request<proto::RecordHandOverRequest>,
    ) -> Result<Response<proto::RecordHandOverResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = hand_over::record(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
