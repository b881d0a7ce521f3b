//! Search on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::search_service_server::SearchService;
use keynode_proto::accounts::v1::{
    SearchAccountsRequest, SearchAccountsResponse, SearchContactsRequest, SearchContactsResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::search;

#[tonic::async_trait]
impl SearchService for Accounts {
    async fn search_accounts(
        &self,
        request: Request<SearchAccountsRequest>,
    ) -> Result<Response<SearchAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            search::accounts::search(self, &call, request.into_inner()).await?,
        ))
    }

    async fn search_contacts(
        &self,
        request: Request<SearchContactsRequest>,
    ) -> Result<Response<SearchContactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            search::contacts::search(self, &call, request.into_inner()).await?,
        ))
    }
}
