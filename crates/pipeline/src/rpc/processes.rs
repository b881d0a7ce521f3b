use keynode_proto::pipeline::v1::processes_service_server::ProcessesService;
use keynode_proto::pipeline::v1::{
    GetProcessRequest, GetProcessResponse, ListProcessesRequest, ListProcessesResponse,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{Pipeline, processes};

#[async_trait]
impl ProcessesService for Pipeline {
    async fn get_process(
        &self,
        request: Request<GetProcessRequest>,
    ) -> Result<Response<GetProcessResponse>, Status> {
        Ok(Response::new(processes::get(self, &request.into_inner())?))
    }

    async fn list_processes(
        &self,
        _: Request<ListProcessesRequest>,
    ) -> Result<Response<ListProcessesResponse>, Status> {
        Ok(Response::new(processes::list(self)))
    }
}
