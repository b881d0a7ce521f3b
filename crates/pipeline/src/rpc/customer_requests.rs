use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::customer_requests_service_server::CustomerRequestsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::customer_requests::{answer, record};

#[async_trait]
impl CustomerRequestsService for Pipeline {
    async fn create_customer_request(
        &self,
        request: Request<proto::CreateCustomerRequestRequest>,
    ) -> Result<Response<proto::CreateCustomerRequestResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_customer_request(
        &self,
        request: Request<proto::UpdateCustomerRequestRequest>,
    ) -> Result<Response<proto::UpdateCustomerRequestResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn answer_customer_request(
        &self,
        request: Request<proto::AnswerCustomerRequestRequest>,
    ) -> Result<Response<proto::AnswerCustomerRequestResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = answer::answer(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_customer_requests(
        &self,
        request: Request<proto::ListCustomerRequestsRequest>,
    ) -> Result<Response<proto::ListCustomerRequestsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = record::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
