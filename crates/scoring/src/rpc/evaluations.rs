use keynode_kit::call::Call;
use keynode_proto::scoring::v1::evaluations_service_server::EvaluationsService;
use keynode_proto::scoring::v1::{
    EvaluateOpportunityRequest, EvaluateOpportunityResponse, GetEvaluationModelRequest,
    GetEvaluationModelResponse, GetLatestEvaluationRequest, GetLatestEvaluationResponse,
    ListEvaluationModelsRequest, ListEvaluationModelsResponse, PublishEvaluationModelRequest,
    PublishEvaluationModelResponse,
};
use tonic::{Request, Response, Status};

use crate::{
    Scoring, evaluate_opportunity, get_model, latest_evaluation, list_models, publish_model,
};

#[tonic::async_trait]
impl EvaluationsService for Scoring {
    async fn publish_evaluation_model(
        &self,
        request: Request<PublishEvaluationModelRequest>,
    ) -> Result<Response<PublishEvaluationModelResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            publish_model::publish(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_evaluation_model(
        &self,
        request: Request<GetEvaluationModelRequest>,
    ) -> Result<Response<GetEvaluationModelResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            get_model::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_evaluation_models(
        &self,
        request: Request<ListEvaluationModelsRequest>,
    ) -> Result<Response<ListEvaluationModelsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list_models::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn evaluate_opportunity(
        &self,
        request: Request<EvaluateOpportunityRequest>,
    ) -> Result<Response<EvaluateOpportunityResponse>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(
            evaluate_opportunity::evaluate_opportunity(self, &call, request).await?,
        ))
    }

    async fn get_latest_evaluation(
        &self,
        request: Request<GetLatestEvaluationRequest>,
    ) -> Result<Response<GetLatestEvaluationResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            latest_evaluation::get(self, &call, request.into_inner()).await?,
        ))
    }
}
