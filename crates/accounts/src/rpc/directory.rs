//! The sales organisation on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::directory_service_server::DirectoryService;
use keynode_proto::accounts::v1::{
    BatchGetPeopleRequest, BatchGetPeopleResponse, CreateApiKeyRequest, CreateApiKeyResponse,
    CreatePersonRequest, CreatePersonResponse, CreateServiceAccountRequest,
    CreateServiceAccountResponse, CreateTeamRequest, CreateTeamResponse, CreateTenantRequest,
    CreateTenantResponse, GetPersonRequest, GetPersonResponse, ListApiKeysRequest,
    ListApiKeysResponse, ListManagersRequest, ListManagersResponse, ListPeopleRequest,
    ListPeopleResponse, ListRolesRequest, ListRolesResponse, ListServiceAccountsRequest,
    ListServiceAccountsResponse, ListTeamsRequest, ListTeamsResponse, ListTenantsRequest,
    ListTenantsResponse, ResolvePrincipalRequest, ResolvePrincipalResponse, RevokeApiKeyRequest,
    RevokeApiKeyResponse, UpdatePersonRequest, UpdatePersonResponse, UpdateTeamRequest,
    UpdateTeamResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::{api_key, person, principal, role, service_account, team, tenant};

#[tonic::async_trait]
impl DirectoryService for Accounts {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantRequest>,
    ) -> Result<Response<CreateTenantResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            tenant::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        Call::of(&request)?;
        Ok(Response::new(
            tenant::list::list(self, request.into_inner()).await?,
        ))
    }

    async fn get_person(
        &self,
        request: Request<GetPersonRequest>,
    ) -> Result<Response<GetPersonResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_people(
        &self,
        request: Request<BatchGetPeopleRequest>,
    ) -> Result<Response<BatchGetPeopleResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::batch_get::batch_get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_people(
        &self,
        request: Request<ListPeopleRequest>,
    ) -> Result<Response<ListPeopleResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_person(
        &self,
        request: Request<CreatePersonRequest>,
    ) -> Result<Response<CreatePersonResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_person(
        &self,
        request: Request<UpdatePersonRequest>,
    ) -> Result<Response<UpdatePersonResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_teams(
        &self,
        request: Request<ListTeamsRequest>,
    ) -> Result<Response<ListTeamsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            team::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_team(
        &self,
        request: Request<CreateTeamRequest>,
    ) -> Result<Response<CreateTeamResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            team::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_team(
        &self,
        request: Request<UpdateTeamRequest>,
    ) -> Result<Response<UpdateTeamResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            team::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_roles(
        &self,
        request: Request<ListRolesRequest>,
    ) -> Result<Response<ListRolesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(role::list(self, &call).await?))
    }

    async fn create_service_account(
        &self,
        request: Request<CreateServiceAccountRequest>,
    ) -> Result<Response<CreateServiceAccountResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            service_account::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_service_accounts(
        &self,
        request: Request<ListServiceAccountsRequest>,
    ) -> Result<Response<ListServiceAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            service_account::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            api_key::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            api_key::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<RevokeApiKeyResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            api_key::revoke::revoke(self, &call, request.into_inner()).await?,
        ))
    }

    async fn resolve_principal(
        &self,
        request: Request<ResolvePrincipalRequest>,
    ) -> Result<Response<ResolvePrincipalResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(ResolvePrincipalResponse {
            principal: Some(principal::resolve(self, call.now, request.into_inner()).await?),
        }))
    }

    async fn list_managers(
        &self,
        request: Request<ListManagersRequest>,
    ) -> Result<Response<ListManagersResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            person::managers::list(self, &call, request.into_inner()).await?,
        ))
    }
}
