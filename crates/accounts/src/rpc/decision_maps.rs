//! Decision maps on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::decision_maps_service_server::DecisionMapsService;
use keynode_proto::accounts::v1::{
    AnalyzeDecisionMapRequest, AnalyzeDecisionMapResponse, BatchAnalyzeDecisionMapsRequest,
    BatchAnalyzeDecisionMapsResponse, CompleteDecisionMapRequest, CompleteDecisionMapResponse,
    CreateDecisionMapRequest, CreateDecisionMapResponse, GetDecisionMapRequest,
    GetDecisionMapResponse, ListDecisionMapsRequest, ListDecisionMapsResponse,
    ListJudgementChangesRequest, ListJudgementChangesResponse, RemoveInfluenceRequest,
    RemoveInfluenceResponse, RemovePurchaseCriterionRequest, RemovePurchaseCriterionResponse,
    RemoveStakeholderRequest, RemoveStakeholderResponse, SetInfluenceRequest, SetInfluenceResponse,
    SetMapCompetitorsRequest, SetMapCompetitorsResponse, SetPurchaseCriterionRequest,
    SetPurchaseCriterionResponse, SetStakeholderRequest, SetStakeholderResponse,
};
use tonic::{Request, Response, Status};

use crate::Accounts;
use crate::decision_map;

#[tonic::async_trait]
impl DecisionMapsService for Accounts {
    async fn create_decision_map(
        &self,
        request: Request<CreateDecisionMapRequest>,
    ) -> Result<Response<CreateDecisionMapResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_decision_map(
        &self,
        request: Request<GetDecisionMapRequest>,
    ) -> Result<Response<GetDecisionMapResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_stakeholder(
        &self,
        request: Request<SetStakeholderRequest>,
    ) -> Result<Response<SetStakeholderResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::set_stakeholder::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn remove_stakeholder(
        &self,
        request: Request<RemoveStakeholderRequest>,
    ) -> Result<Response<RemoveStakeholderResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::remove_stakeholder::remove(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_influence(
        &self,
        request: Request<SetInfluenceRequest>,
    ) -> Result<Response<SetInfluenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::set_influence::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn remove_influence(
        &self,
        request: Request<RemoveInfluenceRequest>,
    ) -> Result<Response<RemoveInfluenceResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::remove_influence::remove(self, &call, request.into_inner()).await?,
        ))
    }

    async fn complete_decision_map(
        &self,
        request: Request<CompleteDecisionMapRequest>,
    ) -> Result<Response<CompleteDecisionMapResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::complete::complete(self, &call, request.into_inner()).await?,
        ))
    }

    async fn analyze_decision_map(
        &self,
        request: Request<AnalyzeDecisionMapRequest>,
    ) -> Result<Response<AnalyzeDecisionMapResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::analyze::analyze(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_analyze_decision_maps(
        &self,
        request: Request<BatchAnalyzeDecisionMapsRequest>,
    ) -> Result<Response<BatchAnalyzeDecisionMapsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::analyze::batch(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_decision_maps(
        &self,
        request: Request<ListDecisionMapsRequest>,
    ) -> Result<Response<ListDecisionMapsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::list::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_map_competitors(
        &self,
        request: Request<SetMapCompetitorsRequest>,
    ) -> Result<Response<SetMapCompetitorsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::set_competitors::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn set_purchase_criterion(
        &self,
        request: Request<SetPurchaseCriterionRequest>,
    ) -> Result<Response<SetPurchaseCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::set_criterion::set(self, &call, request.into_inner()).await?,
        ))
    }

    async fn remove_purchase_criterion(
        &self,
        request: Request<RemovePurchaseCriterionRequest>,
    ) -> Result<Response<RemovePurchaseCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::remove_criterion::remove(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_judgement_changes(
        &self,
        request: Request<ListJudgementChangesRequest>,
    ) -> Result<Response<ListJudgementChangesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            decision_map::list_changes::list(self, &call, request.into_inner()).await?,
        ))
    }
}
