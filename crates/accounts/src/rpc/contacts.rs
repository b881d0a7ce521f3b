//! People at customers on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::contacts_service_server::ContactsService;
use keynode_proto::accounts::v1::{
    BatchGetContactsRequest, BatchGetContactsResponse, BatchUpsertContactsRequest,
    BatchUpsertContactsResponse, CreateContactRequest, CreateContactResponse, GetContactRequest,
    GetContactResponse, GetOrganizationChartRequest, GetOrganizationChartResponse,
    ListContactsRequest, ListContactsResponse, MoveContactRequest, MoveContactResponse,
    UpdateContactRequest, UpdateContactResponse, UpsertContactRequest, UpsertContactResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::contact;

#[tonic::async_trait]
impl ContactsService for Accounts {
    async fn get_contact(
        &self,
        request: Request<GetContactRequest>,
    ) -> Result<Response<GetContactResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_contacts(
        &self,
        request: Request<ListContactsRequest>,
    ) -> Result<Response<ListContactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_contact(
        &self,
        request: Request<CreateContactRequest>,
    ) -> Result<Response<CreateContactResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_contact(
        &self,
        request: Request<UpdateContactRequest>,
    ) -> Result<Response<UpdateContactResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_contacts(
        &self,
        request: Request<BatchGetContactsRequest>,
    ) -> Result<Response<BatchGetContactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::batch_get::batch_get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn upsert_contact(
        &self,
        request: Request<UpsertContactRequest>,
    ) -> Result<Response<UpsertContactResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::upsert::upsert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_upsert_contacts(
        &self,
        request: Request<BatchUpsertContactsRequest>,
    ) -> Result<Response<BatchUpsertContactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::import::import(self, &call, request.into_inner()).await?,
        ))
    }

    async fn move_contact(
        &self,
        request: Request<MoveContactRequest>,
    ) -> Result<Response<MoveContactResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::move_to::move_to(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_organization_chart(
        &self,
        request: Request<GetOrganizationChartRequest>,
    ) -> Result<Response<GetOrganizationChartResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            contact::chart::chart(self, &call, request.into_inner()).await?,
        ))
    }
}
