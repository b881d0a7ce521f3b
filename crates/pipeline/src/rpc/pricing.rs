use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::pricing_service_server::PricingService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::pricing::{costs, floor, propose, read};

#[async_trait]
impl PricingService for Pipeline {
    async fn put_cost_sheet(
        &self,
        request: Request<proto::PutCostSheetRequest>,
    ) -> Result<Response<proto::PutCostSheetResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = costs::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn set_price_floor(
        &self,
        request: Request<proto::SetPriceFloorRequest>,
    ) -> Result<Response<proto::SetPriceFloorResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = floor::set(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_price_floor(
        &self,
        request: Request<proto::GetPriceFloorRequest>,
    ) -> Result<Response<proto::GetPriceFloorResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = floor::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn propose_price(
        &self,
        request: Request<proto::ProposePriceRequest>,
    ) -> Result<Response<proto::ProposePriceResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = propose::propose(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_pricing(
        &self,
        request: Request<proto::GetPricingRequest>,
    ) -> Result<Response<proto::GetPricingResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
