//! Target definitions on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::target_definitions_service_server::TargetDefinitionsService;
use keynode_proto::accounts::v1::{
    CreateTargetDefinitionRequest, CreateTargetDefinitionResponse, GetTargetDefinitionRequest,
    GetTargetDefinitionResponse, ListTargetDefinitionsRequest, ListTargetDefinitionsResponse,
    PublishTargetDefinitionRequest, PublishTargetDefinitionResponse, RetireTargetDefinitionRequest,
    RetireTargetDefinitionResponse, ReviseTargetDefinitionRequest, ReviseTargetDefinitionResponse,
    UpdateTargetDefinitionRequest, UpdateTargetDefinitionResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::target_definition;

#[tonic::async_trait]
impl TargetDefinitionsService for Accounts {
    async fn get_target_definition(
        &self,
        request: Request<GetTargetDefinitionRequest>,
    ) -> Result<Response<GetTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_target_definitions(
        &self,
        request: Request<ListTargetDefinitionsRequest>,
    ) -> Result<Response<ListTargetDefinitionsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_target_definition(
        &self,
        request: Request<CreateTargetDefinitionRequest>,
    ) -> Result<Response<CreateTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_target_definition(
        &self,
        request: Request<UpdateTargetDefinitionRequest>,
    ) -> Result<Response<UpdateTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn publish_target_definition(
        &self,
        request: Request<PublishTargetDefinitionRequest>,
    ) -> Result<Response<PublishTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::publish::publish(self, &call, request.into_inner()).await?,
        ))
    }

    async fn retire_target_definition(
        &self,
        request: Request<RetireTargetDefinitionRequest>,
    ) -> Result<Response<RetireTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::retire::retire(self, &call, request.into_inner()).await?,
        ))
    }

    async fn revise_target_definition(
        &self,
        request: Request<ReviseTargetDefinitionRequest>,
    ) -> Result<Response<ReviseTargetDefinitionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            target_definition::revise::revise(self, &call, request.into_inner()).await?,
        ))
    }
}
