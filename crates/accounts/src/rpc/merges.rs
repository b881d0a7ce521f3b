//! Merges of accounts on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::merges_service_server::MergesService;
use keynode_proto::accounts::v1::{
    DecideDuplicateRequest, DecideDuplicateResponse, GetMergeRequest, GetMergeResponse,
    ListMergesRequest, ListMergesResponse, MergeAccountsRequest, MergeAccountsResponse,
    UndoMergeRequest, UndoMergeResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::{matching, merge};

#[tonic::async_trait]
impl MergesService for Accounts {
    async fn decide_duplicate(
        &self,
        request: Request<DecideDuplicateRequest>,
    ) -> Result<Response<DecideDuplicateResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            matching::decide::decide(self, &call, request.into_inner()).await?,
        ))
    }

    async fn merge_accounts(
        &self,
        request: Request<MergeAccountsRequest>,
    ) -> Result<Response<MergeAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            merge::merge(self, &call, request.into_inner()).await?,
        ))
    }

    async fn undo_merge(
        &self,
        request: Request<UndoMergeRequest>,
    ) -> Result<Response<UndoMergeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            merge::undo::undo(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_merge(
        &self,
        request: Request<GetMergeRequest>,
    ) -> Result<Response<GetMergeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            merge::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_merges(
        &self,
        request: Request<ListMergesRequest>,
    ) -> Result<Response<ListMergesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            merge::read::list(self, &call, request.into_inner()).await?,
        ))
    }
}
