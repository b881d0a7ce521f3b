use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::work_calendar_service_server::WorkCalendarService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::calendar::put;

#[async_trait]
impl WorkCalendarService for Pipeline {
    async fn get_work_calendar(
        &self,
        request: Request<proto::GetWorkCalendarRequest>,
    ) -> Result<Response<proto::GetWorkCalendarResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn put_work_calendar(
        &self,
        request: Request<proto::PutWorkCalendarRequest>,
    ) -> Result<Response<proto::PutWorkCalendarResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = put::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
