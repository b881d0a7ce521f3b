use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::history_service_server::HistoryService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::history::{as_of, board, changes, funnel, stage_times};
use crate::stall;

#[async_trait]
impl HistoryService for Pipeline {
    async fn list_opportunity_changes(
        &self,
        request: Request<proto::ListOpportunityChangesRequest>,
    ) -> Result<Response<proto::ListOpportunityChangesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = changes::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_stage_times(
        &self,
        request: Request<proto::GetStageTimesRequest>,
    ) -> Result<Response<proto::GetStageTimesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = stage_times::stage_times(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_stalled_opportunities(
        &self,
        request: Request<proto::ListStalledOpportunitiesRequest>,
    ) -> Result<Response<proto::ListStalledOpportunitiesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = stall::list::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_opportunity_as_of(
        &self,
        request: Request<proto::GetOpportunityAsOfRequest>,
    ) -> Result<Response<proto::GetOpportunityAsOfResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = as_of::as_of(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_board_as_of(
        &self,
        request: Request<proto::GetBoardAsOfRequest>,
    ) -> Result<Response<proto::GetBoardAsOfResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = board::board(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_funnel(
        &self,
        request: Request<proto::GetFunnelRequest>,
    ) -> Result<Response<proto::GetFunnelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = funnel::funnel(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
