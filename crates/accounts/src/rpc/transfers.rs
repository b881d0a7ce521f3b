//! Transfers on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::transfers_service_server::TransfersService;
use keynode_proto::accounts::v1::{TransferRecordsRequest, TransferRecordsResponse};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::transfer;

#[tonic::async_trait]
impl TransfersService for Accounts {
    async fn transfer_records(
        &self,
        request: Request<TransferRecordsRequest>,
    ) -> Result<Response<TransferRecordsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            transfer::transfer(self, &call, request.into_inner()).await?,
        ))
    }
}
