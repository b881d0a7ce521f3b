use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::bids_service_server::BidsService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::bid::{day, decide, get, matrix, result, submit, tender};

#[async_trait]
impl BidsService for Pipeline {
    async fn get_bid(
        &self,
        request: Request<proto::GetBidRequest>,
    ) -> Result<Response<proto::GetBidResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = get::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn update_bid(
        &self,
        request: Request<proto::UpdateBidRequest>,
    ) -> Result<Response<proto::UpdateBidResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = tender::update(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_bid_requirements(
        &self,
        request: Request<proto::ListBidRequirementsRequest>,
    ) -> Result<Response<proto::ListBidRequirementsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = matrix::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn batch_upsert_bid_requirements(
        &self,
        request: Request<proto::BatchUpsertBidRequirementsRequest>,
    ) -> Result<Response<proto::BatchUpsertBidRequirementsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = matrix::upsert(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn batch_delete_bid_requirements(
        &self,
        request: Request<proto::BatchDeleteBidRequirementsRequest>,
    ) -> Result<Response<proto::BatchDeleteBidRequirementsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = matrix::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn decide_bid(
        &self,
        request: Request<proto::DecideBidRequest>,
    ) -> Result<Response<proto::DecideBidResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = decide::decide(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn record_bid_day_item(
        &self,
        request: Request<proto::RecordBidDayItemRequest>,
    ) -> Result<Response<proto::RecordBidDayItemResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = day::record(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn submit_bid(
        &self,
        request: Request<proto::SubmitBidRequest>,
    ) -> Result<Response<proto::SubmitBidResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = submit::submit(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn record_negotiated_tender(
        &self,
        request: Request<proto::RecordNegotiatedTenderRequest>,
    ) -> Result<Response<proto::RecordNegotiatedTenderResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = submit::negotiate(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn record_bid_result(
        &self,
        request: Request<proto::RecordBidResultRequest>,
    ) -> Result<Response<proto::RecordBidResultResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = result::record(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
