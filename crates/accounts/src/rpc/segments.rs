//! Segments and market strategy on the wire.

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::segments_service_server::SegmentsService;
use keynode_proto::accounts::v1::{
    AnalyzeSegmentsRequest, AnalyzeSegmentsResponse, BatchGetSegmentsRequest,
    BatchGetSegmentsResponse, CountSegmentMembersRequest, CountSegmentMembersResponse,
    CreateSegmentRequest, CreateSegmentResponse, DeleteSegmentRequest, DeleteSegmentResponse,
    GetAttractivenessModelRequest, GetAttractivenessModelResponse, GetSegmentRequest,
    GetSegmentResponse, GetSegmentResultsRequest, GetSegmentResultsResponse,
    GetSegmentStrategyRequest, GetSegmentStrategyResponse, ListAccountSegmentsRequest,
    ListAccountSegmentsResponse, ListAttractivenessModelsRequest, ListAttractivenessModelsResponse,
    ListSegmentMembersRequest, ListSegmentMembersResponse, ListSegmentsRequest,
    ListSegmentsResponse, PublishAttractivenessModelRequest, PublishAttractivenessModelResponse,
    UpdateSegmentRequest, UpdateSegmentResponse, UpdateSegmentStrategyRequest,
    UpdateSegmentStrategyResponse,
};
use tonic::{Request, Response, Status};

use crate::{Accounts, segment, strategy};

#[tonic::async_trait]
impl SegmentsService for Accounts {
    async fn get_segment(
        &self,
        request: Request<GetSegmentRequest>,
    ) -> Result<Response<GetSegmentResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_segments(
        &self,
        request: Request<ListSegmentsRequest>,
    ) -> Result<Response<ListSegmentsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn batch_get_segments(
        &self,
        request: Request<BatchGetSegmentsRequest>,
    ) -> Result<Response<BatchGetSegmentsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::read::batch_get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn create_segment(
        &self,
        request: Request<CreateSegmentRequest>,
    ) -> Result<Response<CreateSegmentResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::create::create(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_segment(
        &self,
        request: Request<UpdateSegmentRequest>,
    ) -> Result<Response<UpdateSegmentResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn delete_segment(
        &self,
        request: Request<DeleteSegmentRequest>,
    ) -> Result<Response<DeleteSegmentResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::archive::archive(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_segment_members(
        &self,
        request: Request<ListSegmentMembersRequest>,
    ) -> Result<Response<ListSegmentMembersResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::members::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn count_segment_members(
        &self,
        request: Request<CountSegmentMembersRequest>,
    ) -> Result<Response<CountSegmentMembersResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::members::count(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_account_segments(
        &self,
        request: Request<ListAccountSegmentsRequest>,
    ) -> Result<Response<ListAccountSegmentsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::members::segments_of(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_segment_results(
        &self,
        request: Request<GetSegmentResultsRequest>,
    ) -> Result<Response<GetSegmentResultsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            segment::results::results(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_segment_strategy(
        &self,
        request: Request<GetSegmentStrategyRequest>,
    ) -> Result<Response<GetSegmentStrategyResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn update_segment_strategy(
        &self,
        request: Request<UpdateSegmentStrategyRequest>,
    ) -> Result<Response<UpdateSegmentStrategyResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::update::update(self, &call, request.into_inner()).await?,
        ))
    }

    async fn get_attractiveness_model(
        &self,
        request: Request<GetAttractivenessModelRequest>,
    ) -> Result<Response<GetAttractivenessModelResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::model::read::get(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_attractiveness_models(
        &self,
        request: Request<ListAttractivenessModelsRequest>,
    ) -> Result<Response<ListAttractivenessModelsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::model::read::list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn publish_attractiveness_model(
        &self,
        request: Request<PublishAttractivenessModelRequest>,
    ) -> Result<Response<PublishAttractivenessModelResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::model::publish::publish(self, &call, request.into_inner()).await?,
        ))
    }

    async fn analyze_segments(
        &self,
        request: Request<AnalyzeSegmentsRequest>,
    ) -> Result<Response<AnalyzeSegmentsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            strategy::analyze::analyze(self, &call, request.into_inner()).await?,
        ))
    }
}
