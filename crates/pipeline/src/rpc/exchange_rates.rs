use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::exchange_rates_service_server::ExchangeRatesService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::exchange::{list, put, read};

#[async_trait]
impl ExchangeRatesService for Pipeline {
    async fn put_exchange_rates(
        &self,
        request: Request<proto::PutExchangeRatesRequest>,
    ) -> Result<Response<proto::PutExchangeRatesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_exchange_rates(
        &self,
        request: Request<proto::ListExchangeRatesRequest>,
    ) -> Result<Response<proto::ListExchangeRatesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = list::list(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_conversion(
        &self,
        request: Request<proto::GetConversionRequest>,
    ) -> Result<Response<proto::GetConversionResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::convert(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
