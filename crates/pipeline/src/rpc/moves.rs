use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::moves_service_server::MovesService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::moves::{change_process, contact_level, end, pause, reassign, step_back, win};

#[async_trait]
impl MovesService for Pipeline {
    async fn retreat_opportunity(
        &self,
        request: Request<proto::RetreatOpportunityRequest>,
    ) -> Result<Response<proto::RetreatOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = step_back::retreat(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn win_opportunity(
        &self,
        request: Request<proto::WinOpportunityRequest>,
    ) -> Result<Response<proto::WinOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = win::win(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn lose_opportunity(
        &self,
        request: Request<proto::LoseOpportunityRequest>,
    ) -> Result<Response<proto::LoseOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = end::lose(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn abandon_opportunity(
        &self,
        request: Request<proto::AbandonOpportunityRequest>,
    ) -> Result<Response<proto::AbandonOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = end::abandon(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn reopen_opportunity(
        &self,
        request: Request<proto::ReopenOpportunityRequest>,
    ) -> Result<Response<proto::ReopenOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = step_back::reopen(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn pause_opportunity(
        &self,
        request: Request<proto::PauseOpportunityRequest>,
    ) -> Result<Response<proto::PauseOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = pause::pause(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn resume_opportunity(
        &self,
        request: Request<proto::ResumeOpportunityRequest>,
    ) -> Result<Response<proto::ResumeOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = pause::resume(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn lower_contact_level(
        &self,
        request: Request<proto::LowerContactLevelRequest>,
    ) -> Result<Response<proto::LowerContactLevelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = contact_level::lower(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn raise_contact_level(
        &self,
        request: Request<proto::RaiseContactLevelRequest>,
    ) -> Result<Response<proto::RaiseContactLevelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = contact_level::raise(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn reassign_opportunity(
        &self,
        request: Request<proto::ReassignOpportunityRequest>,
    ) -> Result<Response<proto::ReassignOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = reassign::reassign(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn move_opportunity_to_process(
        &self,
        request: Request<proto::MoveOpportunityToProcessRequest>,
    ) -> Result<Response<proto::MoveOpportunityToProcessResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = change_process::change_process(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
