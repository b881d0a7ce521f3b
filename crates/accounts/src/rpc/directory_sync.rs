//! Synchronisation of the directory on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::directory_sync_service_server::DirectorySyncService;
use keynode_proto::accounts::v1::{SyncDirectoryRequest, SyncDirectoryResponse};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::sync;

#[tonic::async_trait]
impl DirectorySyncService for Accounts {
    async fn sync_directory(
        &self,
        request: Request<SyncDirectoryRequest>,
    ) -> Result<Response<SyncDirectoryResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            sync::sync(self, &call, request.into_inner()).await?,
        ))
    }
}
