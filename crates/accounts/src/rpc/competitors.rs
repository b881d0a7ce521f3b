//! Competitors on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::competitors_service_server::CompetitorsService;
use keynode_proto::accounts::v1::{
    BatchGetCompetitorsRequest, BatchGetCompetitorsResponse, CreateCompetitorRequest,
    CreateCompetitorResponse, DeleteCompetitorRequest, DeleteCompetitorResponse,
    GetCompetitorRecordRequest, GetCompetitorRecordResponse, GetCompetitorRequest,
    GetCompetitorResponse, ListCompetitorsRequest, ListCompetitorsResponse,
    UpdateCompetitorRequest, UpdateCompetitorResponse, UpsertCompetitorRequest,
    UpsertCompetitorResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::competitor;

#[tonic::async_trait]
impl CompetitorsService for Accounts {
    async fn get_competitor(
        &self,
        request: Request<GetCompetitorRequest>,
    ) -> Result<Response<GetCompetitorResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_competitors(
        &self,
        request: Request<ListCompetitorsRequest>,
    ) -> Result<Response<ListCompetitorsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_competitors(
        &self,
        request: Request<BatchGetCompetitorsRequest>,
    ) -> Result<Response<BatchGetCompetitorsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::read::batch_get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_competitor(
        &self,
        request: Request<CreateCompetitorRequest>,
    ) -> Result<Response<CreateCompetitorResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_competitor(
        &self,
        request: Request<UpdateCompetitorRequest>,
    ) -> Result<Response<UpdateCompetitorResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn upsert_competitor(
        &self,
        request: Request<UpsertCompetitorRequest>,
    ) -> Result<Response<UpsertCompetitorResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::upsert::upsert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn delete_competitor(
        &self,
        request: Request<DeleteCompetitorRequest>,
    ) -> Result<Response<DeleteCompetitorResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::archive::archive(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_competitor_record(
        &self,
        request: Request<GetCompetitorRecordRequest>,
    ) -> Result<Response<GetCompetitorRecordResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            competitor::record::record(self, &call, request.into_inner()).await?,
        ))
    }
}
