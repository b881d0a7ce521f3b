use keynode_kit::call::Call;
use keynode_proto::scoring::v1 as proto;
use keynode_proto::scoring::v1::win_models_service_server::WinModelsService;
use tonic::{Request, Response, Status, Streaming};

use crate::Scoring;
use crate::win::{explain, get, list, measure, promote, score, train, what_if};

#[tonic::async_trait]
impl WinModelsService for Scoring {
    async fn train_model(
        &self,
        request: Request<proto::TrainModelRequest>,
    ) -> Result<Response<proto::TrainModelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = train::train(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_win_model_version(
        &self,
        request: Request<proto::GetWinModelVersionRequest>,
    ) -> Result<Response<proto::GetWinModelVersionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = get::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_win_model_versions(
        &self,
        request: Request<proto::ListWinModelVersionsRequest>,
    ) -> Result<Response<proto::ListWinModelVersionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn promote_win_model(
        &self,
        request: Request<proto::PromoteWinModelRequest>,
    ) -> Result<Response<proto::PromoteWinModelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = promote::promote(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn withdraw_win_model(
        &self,
        request: Request<proto::WithdrawWinModelRequest>,
    ) -> Result<Response<proto::WithdrawWinModelResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = promote::withdraw(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn score(
        &self,
        request: Request<proto::ScoreRequest>,
    ) -> Result<Response<proto::ScoreResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = score::score(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn batch_score(
        &self,
        request: Request<proto::BatchScoreRequest>,
    ) -> Result<Response<proto::BatchScoreResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = score::batch(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn explain(
        &self,
        request: Request<proto::ExplainRequest>,
    ) -> Result<Response<proto::ExplainResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = explain::explain(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn what_if(
        &self,
        request: Request<proto::WhatIfRequest>,
    ) -> Result<Response<proto::WhatIfResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = what_if::what_if(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn train_model_from_rows(
        &self,
        request: Request<Streaming<proto::TrainModelFromRowsRequest>>,
    ) -> Result<Response<proto::TrainModelFromRowsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = train::train_from_rows(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn evaluate(
        &self,
        request: Request<Streaming<proto::EvaluateRequest>>,
    ) -> Result<Response<proto::EvaluateResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = measure::measure(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
