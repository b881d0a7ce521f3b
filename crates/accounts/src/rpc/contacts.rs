//! People at customers on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::contacts_service_server::ContactsService;
use keynode_proto::accounts::v1::{
    CreateContactRequest, CreateContactResponse, GetContactRequest, GetContactResponse,
    ListContactsRequest, ListContactsResponse, UpdateContactRequest, UpdateContactResponse,
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
}
