use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::activities_service_server::ActivitiesService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::activities::{change, create, list, next_actions, read, settle};

#[async_trait]
impl ActivitiesService for Pipeline {
    async fn create_activity(
        &self,
        request: Request<proto::CreateActivityRequest>,
    ) -> Result<Response<proto::CreateActivityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = create::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_activity(
        &self,
        request: Request<proto::GetActivityRequest>,
    ) -> Result<Response<proto::GetActivityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_activity(
        &self,
        request: Request<proto::UpdateActivityRequest>,
    ) -> Result<Response<proto::UpdateActivityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = change::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn complete_activity(
        &self,
        request: Request<proto::CompleteActivityRequest>,
    ) -> Result<Response<proto::CompleteActivityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = change::complete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn cancel_activity(
        &self,
        request: Request<proto::CancelActivityRequest>,
    ) -> Result<Response<proto::CancelActivityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = change::cancel(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_activities(
        &self,
        request: Request<proto::ListActivitiesRequest>,
    ) -> Result<Response<proto::ListActivitiesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_next_actions(
        &self,
        request: Request<proto::ListNextActionsRequest>,
    ) -> Result<Response<proto::ListNextActionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = next_actions::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn settle_next_action(
        &self,
        request: Request<proto::SettleNextActionRequest>,
    ) -> Result<Response<proto::SettleNextActionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settle::settle(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
