use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::needs_service_server::NeedsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::needs::{delete, record};

#[async_trait]
impl NeedsService for Pipeline {
    async fn create_need(
        &self,
        request: Request<proto::CreateNeedRequest>,
    ) -> Result<Response<proto::CreateNeedResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_need(
        &self,
        request: Request<proto::UpdateNeedRequest>,
    ) -> Result<Response<proto::UpdateNeedResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_need(
        &self,
        request: Request<proto::DeleteNeedRequest>,
    ) -> Result<Response<proto::DeleteNeedResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = delete::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_needs(
        &self,
        request: Request<proto::ListNeedsRequest>,
    ) -> Result<Response<proto::ListNeedsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
