//! Declared attributes on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::account_attributes_service_server::AccountAttributesService;
use keynode_proto::accounts::v1::{
    CreateAttributeRequest, CreateAttributeResponse, GetAttributeRequest, GetAttributeResponse,
    ListAttributesRequest, ListAttributesResponse, UpdateAttributeRequest, UpdateAttributeResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::attribute;

#[tonic::async_trait]
impl AccountAttributesService for Accounts {
    async fn create_attribute(
        &self,
        request: Request<CreateAttributeRequest>,
    ) -> Result<Response<CreateAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            attribute::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_attribute(
        &self,
        request: Request<GetAttributeRequest>,
    ) -> Result<Response<GetAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            attribute::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_attributes(
        &self,
        request: Request<ListAttributesRequest>,
    ) -> Result<Response<ListAttributesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            attribute::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_attribute(
        &self,
        request: Request<UpdateAttributeRequest>,
    ) -> Result<Response<UpdateAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            attribute::update::update(self, &call, request.into_inner()).await?,
        ))
    }
}
