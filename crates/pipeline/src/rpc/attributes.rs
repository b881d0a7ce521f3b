use keynode_kit::call::Call;
use keynode_proto::pipeline::v1::opportunity_attributes_service_server::OpportunityAttributesService;
use keynode_proto::pipeline::v1::{
    CreateAttributeRequest, CreateAttributeResponse, GetAttributeRequest, GetAttributeResponse,
    ListAttributesRequest, ListAttributesResponse, UpdateAttributeRequest, UpdateAttributeResponse,
};
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::attribute::{create, read, update};

#[async_trait]
impl OpportunityAttributesService for Pipeline {
    async fn create_attribute(
        &self,
        request: Request<CreateAttributeRequest>,
    ) -> Result<Response<CreateAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_attribute(
        &self,
        request: Request<GetAttributeRequest>,
    ) -> Result<Response<GetAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_attributes(
        &self,
        request: Request<ListAttributesRequest>,
    ) -> Result<Response<ListAttributesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_attribute(
        &self,
        request: Request<UpdateAttributeRequest>,
    ) -> Result<Response<UpdateAttributeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            update::update(self, &call, request.into_inner()).await?,
        ))
    }
}
