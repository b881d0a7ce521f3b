//! Customers and third parties on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::accounts_service_server::AccountsService;
use keynode_proto::accounts::v1::{
    BatchGetAccountsRequest, BatchGetAccountsResponse, BatchUpsertAccountsRequest,
    BatchUpsertAccountsResponse, CreateAccountRequest, CreateAccountResponse, GetAccountRequest,
    GetAccountResponse, GetAccountRollupRequest, GetAccountRollupResponse, ListAccountsRequest,
    ListAccountsResponse, UpdateAccountRequest, UpdateAccountResponse, UpsertAccountRequest,
    UpsertAccountResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::account;

#[tonic::async_trait]
impl AccountsService for Accounts {
    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<GetAccountResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_accounts(
        &self,
        request: Request<BatchGetAccountsRequest>,
    ) -> Result<Response<BatchGetAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::batch_get::batch_get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_account_rollup(
        &self,
        request: Request<GetAccountRollupRequest>,
    ) -> Result<Response<GetAccountRollupResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::rollup::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_account(
        &self,
        request: Request<CreateAccountRequest>,
    ) -> Result<Response<CreateAccountResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_account(
        &self,
        request: Request<UpdateAccountRequest>,
    ) -> Result<Response<UpdateAccountResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn upsert_account(
        &self,
        request: Request<UpsertAccountRequest>,
    ) -> Result<Response<UpsertAccountResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::upsert::upsert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_upsert_accounts(
        &self,
        request: Request<BatchUpsertAccountsRequest>,
    ) -> Result<Response<BatchUpsertAccountsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            account::import::import(self, &call, request.into_inner()).await?,
        ))
    }
}
