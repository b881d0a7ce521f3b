//! Absences on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::absences_service_server::AbsencesService;
use keynode_proto::accounts::v1::{
    CreateAbsenceRequest, CreateAbsenceResponse, GetAbsenceRequest, GetAbsenceResponse,
    ListAbsencesRequest, ListAbsencesResponse, ResolveRecipientsRequest, ResolveRecipientsResponse,
    RevokeAbsenceRequest, RevokeAbsenceResponse, UpdateAbsenceRequest, UpdateAbsenceResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::absence;

#[tonic::async_trait]
impl AbsencesService for Accounts {
    async fn create_absence(
        &self,
        request: Request<CreateAbsenceRequest>,
    ) -> Result<Response<CreateAbsenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_absence(
        &self,
        request: Request<GetAbsenceRequest>,
    ) -> Result<Response<GetAbsenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_absences(
        &self,
        request: Request<ListAbsencesRequest>,
    ) -> Result<Response<ListAbsencesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_absence(
        &self,
        request: Request<UpdateAbsenceRequest>,
    ) -> Result<Response<UpdateAbsenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn revoke_absence(
        &self,
        request: Request<RevokeAbsenceRequest>,
    ) -> Result<Response<RevokeAbsenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::revoke::revoke(self, &call, request.into_inner()).await?,
        ))
    }

    async fn resolve_recipients(
        &self,
        request: Request<ResolveRecipientsRequest>,
    ) -> Result<Response<ResolveRecipientsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            absence::recipients::resolve(self, &call, request.into_inner()).await?,
        ))
    }
}
