use keynode_kit::call::Call;
use keynode_proto::pipeline::v1::opportunities_service_server::OpportunitiesService;
use keynode_proto::pipeline::v1::{
    AdvanceOpportunityRequest, AdvanceOpportunityResponse, BatchGetOpportunityFactsRequest,
    BatchGetOpportunityFactsResponse, BatchUpsertOpportunitiesRequest,
    BatchUpsertOpportunitiesResponse, CheckGateRequest, CheckGateResponse,
    ClearManualProbabilityRequest, ClearManualProbabilityResponse, CreateOpportunityRequest,
    CreateOpportunityResponse, ForceAdvanceOpportunityRequest, ForceAdvanceOpportunityResponse,
    GetBoardRequest, GetBoardResponse, GetOpportunityFactsRequest, GetOpportunityFactsResponse,
    GetOpportunityRequest, GetOpportunityResponse, ListOpportunitiesRequest,
    ListOpportunitiesResponse, ListStageMovesRequest, ListStageMovesResponse,
    RecordBuyingStepRequest, RecordBuyingStepResponse, RecordEvidenceRequest,
    RecordEvidenceResponse, RecordQualificationElementRequest, RecordQualificationElementResponse,
    SetManualProbabilityRequest, SetManualProbabilityResponse, UpdateOpportunityRequest,
    UpdateOpportunityResponse,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    Pipeline, advance, batch_upsert, board, check_gate, create, facts, get, list, list_moves,
    probability, record_buying_step, record_element, record_evidence, update,
};

#[async_trait]
impl OpportunitiesService for Pipeline {
    async fn get_opportunity(
        &self,
        request: Request<GetOpportunityRequest>,
    ) -> Result<Response<GetOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            get::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_opportunities(
        &self,
        request: Request<ListOpportunitiesRequest>,
    ) -> Result<Response<ListOpportunitiesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_opportunity(
        &self,
        request: Request<CreateOpportunityRequest>,
    ) -> Result<Response<CreateOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_opportunity(
        &self,
        request: Request<UpdateOpportunityRequest>,
    ) -> Result<Response<UpdateOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_upsert_opportunities(
        &self,
        request: Request<BatchUpsertOpportunitiesRequest>,
    ) -> Result<Response<BatchUpsertOpportunitiesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            batch_upsert::batch_upsert(self, &call, request.into_inner()).await?,
        ))
    }

    async fn record_qualification_element(
        &self,
        request: Request<RecordQualificationElementRequest>,
    ) -> Result<Response<RecordQualificationElementResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            record_element::record_element(self, &call, request.into_inner()).await?,
        ))
    }

    async fn record_buying_step(
        &self,
        request: Request<RecordBuyingStepRequest>,
    ) -> Result<Response<RecordBuyingStepResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            record_buying_step::record_buying_step(self, &call, request.into_inner()).await?,
        ))
    }

    async fn record_evidence(
        &self,
        request: Request<RecordEvidenceRequest>,
    ) -> Result<Response<RecordEvidenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            record_evidence::record_evidence(self, &call, request.into_inner()).await?,
        ))
    }

    async fn check_gate(
        &self,
        request: Request<CheckGateRequest>,
    ) -> Result<Response<CheckGateResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            check_gate::check_gate(self, &call, request.into_inner()).await?,
        ))
    }

    async fn advance_opportunity(
        &self,
        request: Request<AdvanceOpportunityRequest>,
    ) -> Result<Response<AdvanceOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            advance::advance(self, &call, request.into_inner()).await?,
        ))
    }

    async fn force_advance_opportunity(
        &self,
        request: Request<ForceAdvanceOpportunityRequest>,
    ) -> Result<Response<ForceAdvanceOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            advance::force_advance(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_stage_moves(
        &self,
        request: Request<ListStageMovesRequest>,
    ) -> Result<Response<ListStageMovesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list_moves::list_moves(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_opportunity_facts(
        &self,
        request: Request<GetOpportunityFactsRequest>,
    ) -> Result<Response<GetOpportunityFactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            facts::facts(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_opportunity_facts(
        &self,
        request: Request<BatchGetOpportunityFactsRequest>,
    ) -> Result<Response<BatchGetOpportunityFactsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            facts::batch(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_board(
        &self,
        request: Request<GetBoardRequest>,
    ) -> Result<Response<GetBoardResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            board::board(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_manual_probability(
        &self,
        request: Request<SetManualProbabilityRequest>,
    ) -> Result<Response<SetManualProbabilityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            probability::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn clear_manual_probability(
        &self,
        request: Request<ClearManualProbabilityRequest>,
    ) -> Result<Response<ClearManualProbabilityResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            probability::clear(self, &call, request.into_inner()).await?,
        ))
    }
}
