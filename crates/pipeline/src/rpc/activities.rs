use keynode_kit::call::Call;
use keynode_proto::pipeline::v1::activities_service_server::ActivitiesService;
use keynode_proto::pipeline::v1::{
    CreateActivityRequest, CreateActivityResponse, ListActivitiesRequest, ListActivitiesResponse,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{Pipeline, create_activity, list_activities};

#[async_trait]
impl ActivitiesService for Pipeline {
    async fn create_activity(
        &self,
        request: Request<CreateActivityRequest>,
    ) -> Result<Response<CreateActivityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            create_activity::create_activity(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_activities(
        &self,
        request: Request<ListActivitiesRequest>,
    ) -> Result<Response<ListActivitiesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list_activities::list_activities(self, &call, request.into_inner()).await?,
        ))
    }
}
