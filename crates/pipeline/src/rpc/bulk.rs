use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::bulk_service_server::BulkService;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::Pipeline;
use crate::bulk::{Answers, batch_move, events, export, import};

#[async_trait]
impl BulkService for Pipeline {
    type ImportOpportunitiesStream = Answers<proto::ImportOpportunitiesResponse>;
    type ImportOpportunityEventsStream = Answers<proto::ImportOpportunityEventsResponse>;
    type ExportOpportunitiesStream = Answers<proto::ExportOpportunitiesResponse>;

    async fn import_opportunities(
        &self,
        request: Request<Streaming<proto::ImportOpportunitiesRequest>>,
    ) -> Result<Response<Self::ImportOpportunitiesStream>, Status> {
        let call = Call::of(&request)?;
        let answers = import::import(self, &call, request.into_inner());
        Ok(Response::new(answers))
    }

    async fn import_opportunity_events(
        &self,
        request: Request<Streaming<proto::ImportOpportunityEventsRequest>>,
    ) -> Result<Response<Self::ImportOpportunityEventsStream>, Status> {
        let call = Call::of(&request)?;
        let answers = events::import(self, &call, request.into_inner());
        Ok(Response::new(answers))
    }

    async fn export_opportunities(
        &self,
        request: Request<proto::ExportOpportunitiesRequest>,
    ) -> Result<Response<Self::ExportOpportunitiesStream>, Status> {
        let call = Call::of(&request)?;
        let answers = export::export(self, &call, request.into_inner())?;
        Ok(Response::new(answers))
    }

    async fn batch_move_opportunities(
        &self,
        request: Request<proto::BatchMoveOpportunitiesRequest>,
    ) -> Result<Response<proto::BatchMoveOpportunitiesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = batch_move::batch_move(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
