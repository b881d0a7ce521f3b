use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::pursuit_costs_service_server::PursuitCostsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::pursuit::{read, record, settings};

#[async_trait]
impl PursuitCostsService for Pipeline {
    async fn create_pursuit_cost(
        &self,
        request: Request<proto::CreatePursuitCostRequest>,
    ) -> Result<Response<proto::CreatePursuitCostResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_pursuit_cost(
        &self,
        request: Request<proto::UpdatePursuitCostRequest>,
    ) -> Result<Response<proto::UpdatePursuitCostResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_pursuit_cost(
        &self,
        request: Request<proto::DeletePursuitCostRequest>,
    ) -> Result<Response<proto::DeletePursuitCostResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_pursuit_costs(
        &self,
        request: Request<proto::ListPursuitCostsRequest>,
    ) -> Result<Response<proto::ListPursuitCostsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_pursuit_summary(
        &self,
        request: Request<proto::GetPursuitSummaryRequest>,
    ) -> Result<Response<proto::GetPursuitSummaryResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::summarize(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_pursuit_settings(
        &self,
        request: Request<proto::GetPursuitSettingsRequest>,
    ) -> Result<Response<proto::GetPursuitSettingsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settings::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn put_pursuit_settings(
        &self,
        request: Request<proto::PutPursuitSettingsRequest>,
    ) -> Result<Response<proto::PutPursuitSettingsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = settings::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
