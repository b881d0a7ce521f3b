//! Prospects on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::prospects_service_server::ProspectsService;
use keynode_proto::accounts::v1::{
    BatchUpsertProspectsRequest, BatchUpsertProspectsResponse, ConvertProspectRequest,
    ConvertProspectResponse, CreateProspectRequest, CreateProspectResponse, DismissProspectRequest,
    DismissProspectResponse, ForceConvertProspectRequest, ForceConvertProspectResponse,
    GetProspectRequest, GetProspectResponse, GetProspectingResultsRequest,
    GetProspectingResultsResponse, ListProspectsRequest, ListProspectsResponse,
    ScreenProspectRequest, ScreenProspectResponse, UpdateProspectRequest, UpdateProspectResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::prospect;

#[tonic::async_trait]
impl ProspectsService for Accounts {
    async fn get_prospect(
        &self,
        request: Request<GetProspectRequest>,
    ) -> Result<Response<GetProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_prospects(
        &self,
        request: Request<ListProspectsRequest>,
    ) -> Result<Response<ListProspectsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_prospect(
        &self,
        request: Request<CreateProspectRequest>,
    ) -> Result<Response<CreateProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_prospect(
        &self,
        request: Request<UpdateProspectRequest>,
    ) -> Result<Response<UpdateProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_upsert_prospects(
        &self,
        request: Request<BatchUpsertProspectsRequest>,
    ) -> Result<Response<BatchUpsertProspectsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::batch::upsert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn screen_prospect(
        &self,
        request: Request<ScreenProspectRequest>,
    ) -> Result<Response<ScreenProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::screen::screen(self, &call, request.into_inner()).await?,
        ))
    }

    async fn dismiss_prospect(
        &self,
        request: Request<DismissProspectRequest>,
    ) -> Result<Response<DismissProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::dismiss::dismiss(self, &call, request.into_inner()).await?,
        ))
    }

    async fn convert_prospect(
        &self,
        request: Request<ConvertProspectRequest>,
    ) -> Result<Response<ConvertProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::convert::convert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn force_convert_prospect(
        &self,
        request: Request<ForceConvertProspectRequest>,
    ) -> Result<Response<ForceConvertProspectResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::convert::force(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_prospecting_results(
        &self,
        request: Request<GetProspectingResultsRequest>,
    ) -> Result<Response<GetProspectingResultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            prospect::results::get(self, &call, request.into_inner()).await?,
        ))
    }
}
