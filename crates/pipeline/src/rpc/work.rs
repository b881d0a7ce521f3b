use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::work_service_server::WorkService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::work::{complete, read, waive};

#[async_trait]
impl WorkService for Pipeline {
    async fn complete_work_item(
        &self,
        request: Request<proto::CompleteWorkItemRequest>,
    ) -> Result<Response<proto::CompleteWorkItemResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = complete::complete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn undo_work_item(
        &self,
        request: Request<proto::UndoWorkItemRequest>,
    ) -> Result<Response<proto::UndoWorkItemResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = complete::undo(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn waive_criterion(
        &self,
        request: Request<proto::WaiveCriterionRequest>,
    ) -> Result<Response<proto::WaiveCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = waive::waive(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn revoke_waiver(
        &self,
        request: Request<proto::RevokeWaiverRequest>,
    ) -> Result<Response<proto::RevokeWaiverResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = waive::revoke(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_standard_work(
        &self,
        request: Request<proto::GetStandardWorkRequest>,
    ) -> Result<Response<proto::GetStandardWorkResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
