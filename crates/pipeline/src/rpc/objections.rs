use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::objections_service_server::ObjectionsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::objections::{close, record};

#[async_trait]
impl ObjectionsService for Pipeline {
    async fn create_objection(
        &self,
        request: Request<proto::CreateObjectionRequest>,
    ) -> Result<Response<proto::CreateObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_objection(
        &self,
        request: Request<proto::UpdateObjectionRequest>,
    ) -> Result<Response<proto::UpdateObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn settle_objection(
        &self,
        request: Request<proto::SettleObjectionRequest>,
    ) -> Result<Response<proto::SettleObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = close::settle(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn drop_objection(
        &self,
        request: Request<proto::DropObjectionRequest>,
    ) -> Result<Response<proto::DropObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = close::drop(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn reopen_objection(
        &self,
        request: Request<proto::ReopenObjectionRequest>,
    ) -> Result<Response<proto::ReopenObjectionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = close::reopen(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_objections(
        &self,
        request: Request<proto::ListObjectionsRequest>,
    ) -> Result<Response<proto::ListObjectionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
