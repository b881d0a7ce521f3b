//! Notes about accounts on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::account_notes_service_server::AccountNotesService;
use keynode_proto::accounts::v1::{
    CreateAccountNoteRequest, CreateAccountNoteResponse, DeleteAccountNoteRequest,
    DeleteAccountNoteResponse, ListAccountNotesRequest, ListAccountNotesResponse,
    UpdateAccountNoteRequest, UpdateAccountNoteResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::note;

#[tonic::async_trait]
impl AccountNotesService for Accounts {
    async fn create_account_note(
        &self,
        request: Request<CreateAccountNoteRequest>,
    ) -> Result<Response<CreateAccountNoteResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            note::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_account_notes(
        &self,
        request: Request<ListAccountNotesRequest>,
    ) -> Result<Response<ListAccountNotesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            note::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_account_note(
        &self,
        request: Request<UpdateAccountNoteRequest>,
    ) -> Result<Response<UpdateAccountNoteResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            note::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn delete_account_note(
        &self,
        request: Request<DeleteAccountNoteRequest>,
    ) -> Result<Response<DeleteAccountNoteResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            note::delete::delete(self, &call, request.into_inner()).await?,
        ))
    }
}
