//! Territories on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::territories_service_server::TerritoriesService;
use keynode_proto::accounts::v1::{
    ArchiveTerritoryRequest, ArchiveTerritoryResponse, AssignAccountsRequest,
    AssignAccountsResponse, CreateTerritoryRequest, CreateTerritoryResponse, GetTerritoryRequest,
    GetTerritoryResponse, ListTerritoriesRequest, ListTerritoriesResponse, ResolveTerritoryRequest,
    ResolveTerritoryResponse, UpdateTerritoryRequest, UpdateTerritoryResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::territory;

#[tonic::async_trait]
impl TerritoriesService for Accounts {
    async fn create_territory(
        &self,
        request: Request<CreateTerritoryRequest>,
    ) -> Result<Response<CreateTerritoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_territory(
        &self,
        request: Request<GetTerritoryRequest>,
    ) -> Result<Response<GetTerritoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_territories(
        &self,
        request: Request<ListTerritoriesRequest>,
    ) -> Result<Response<ListTerritoriesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_territory(
        &self,
        request: Request<UpdateTerritoryRequest>,
    ) -> Result<Response<UpdateTerritoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn archive_territory(
        &self,
        request: Request<ArchiveTerritoryRequest>,
    ) -> Result<Response<ArchiveTerritoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::archive::archive(self, &call, request.into_inner()).await?,
        ))
    }

    async fn assign_accounts(
        &self,
        request: Request<AssignAccountsRequest>,
    ) -> Result<Response<AssignAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::assign::assign(self, &call, request.into_inner()).await?,
        ))
    }

    async fn resolve_territory(
        &self,
        request: Request<ResolveTerritoryRequest>,
    ) -> Result<Response<ResolveTerritoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            territory::resolve::resolve(self, &call, request.into_inner()).await?,
        ))
    }
}
