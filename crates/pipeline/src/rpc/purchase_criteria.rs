use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::purchase_criteria_service_server::PurchaseCriteriaService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::purchase_criteria::{edit, finality, get};

#[async_trait]
impl PurchaseCriteriaService for Pipeline {
    async fn get_purchase_criteria(
        &self,
        request: Request<proto::GetPurchaseCriteriaRequest>,
    ) -> Result<Response<proto::GetPurchaseCriteriaResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = get::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn create_purchase_criterion(
        &self,
        request: Request<proto::CreatePurchaseCriterionRequest>,
    ) -> Result<Response<proto::CreatePurchaseCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = edit::create(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_purchase_criterion(
        &self,
        request: Request<proto::UpdatePurchaseCriterionRequest>,
    ) -> Result<Response<proto::UpdatePurchaseCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = edit::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_purchase_criterion(
        &self,
        request: Request<proto::DeletePurchaseCriterionRequest>,
    ) -> Result<Response<proto::DeletePurchaseCriterionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = edit::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn finalize_purchase_criteria(
        &self,
        request: Request<proto::FinalizePurchaseCriteriaRequest>,
    ) -> Result<Response<proto::FinalizePurchaseCriteriaResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = finality::finalize(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn reopen_purchase_criteria(
        &self,
        request: Request<proto::ReopenPurchaseCriteriaRequest>,
    ) -> Result<Response<proto::ReopenPurchaseCriteriaResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = finality::reopen(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
