//! Imports on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::imports_service_server::ImportsService;
use keynode_proto::accounts::v1::{
    CreateImportRequest, CreateImportResponse, FinishImportRequest, FinishImportResponse,
    GetImportRequest, GetImportResponse, ListImportResultsRequest, ListImportResultsResponse,
    ListImportsRequest, ListImportsResponse, UploadImportRowsRequest, UploadImportRowsResponse,
};
use tonic::{Request, Response, Status, Streaming};

use crate::{Accounts, bulk};

#[tonic::async_trait]
impl ImportsService for Accounts {
    async fn create_import(
        &self,
        request: Request<CreateImportRequest>,
    ) -> Result<Response<CreateImportResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn upload_import_rows(
        &self,
        request: Request<Streaming<UploadImportRowsRequest>>,
    ) -> Result<Response<UploadImportRowsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::upload::upload(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_import(
        &self,
        request: Request<GetImportRequest>,
    ) -> Result<Response<GetImportResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_imports(
        &self,
        request: Request<ListImportsRequest>,
    ) -> Result<Response<ListImportsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_import_results(
        &self,
        request: Request<ListImportResultsRequest>,
    ) -> Result<Response<ListImportResultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::results::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn finish_import(
        &self,
        request: Request<FinishImportRequest>,
    ) -> Result<Response<FinishImportResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            bulk::finish::finish(self, &call, request.into_inner()).await?,
        ))
    }
}
