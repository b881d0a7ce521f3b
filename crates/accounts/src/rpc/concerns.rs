//! What people usually look at, on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::concerns_service_server::ConcernsService;
use keynode_proto::accounts::v1::{
    ListConcernDefaultsRequest, ListConcernDefaultsResponse, ResetConcernDefaultsRequest,
    ResetConcernDefaultsResponse, SetConcernDefaultsRequest, SetConcernDefaultsResponse,
};
use tonic::{Request, Response, Status};

use crate::{Accounts, concern};

#[tonic::async_trait]
impl ConcernsService for Accounts {
    async fn list_concern_defaults(
        &self,
        request: Request<ListConcernDefaultsRequest>,
    ) -> Result<Response<ListConcernDefaultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            concern::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_concern_defaults(
        &self,
        request: Request<SetConcernDefaultsRequest>,
    ) -> Result<Response<SetConcernDefaultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            concern::set::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn reset_concern_defaults(
        &self,
        request: Request<ResetConcernDefaultsRequest>,
    ) -> Result<Response<ResetConcernDefaultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            concern::reset::reset(self, &call, request.into_inner()).await?,
        ))
    }
}
