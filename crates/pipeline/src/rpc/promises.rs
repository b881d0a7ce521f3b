use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::promises_service_server::PromisesService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::promises::{record, settle};

#[async_trait]
impl PromisesService for Pipeline {
    async fn create_promise(
        &self,
        request: Request<proto::CreatePromiseRequest>,
    ) -> Result<Response<proto::CreatePromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_promise(
        &self,
        request: Request<proto::UpdatePromiseRequest>,
    ) -> Result<Response<proto::UpdatePromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn keep_promise(
        &self,
        request: Request<proto::KeepPromiseRequest>,
    ) -> Result<Response<proto::KeepPromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settle::keep(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn break_promise(
        &self,
        request: Request<proto::BreakPromiseRequest>,
    ) -> Result<Response<proto::BreakPromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settle::r#break(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn release_promise(
        &self,
        request: Request<proto::ReleasePromiseRequest>,
    ) -> Result<Response<proto::ReleasePromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settle::release(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn reopen_promise(
        &self,
        request: Request<proto::ReopenPromiseRequest>,
    ) -> Result<Response<proto::ReopenPromiseResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settle::reopen(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_promises(
        &self,
        request: Request<proto::ListPromisesRequest>,
    ) -> Result<Response<proto::ListPromisesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
