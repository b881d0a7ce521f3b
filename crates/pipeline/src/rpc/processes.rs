use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::processes_service_server::ProcessesService;
use tonic::{Request, Response, Status, async_trait};

use crate::Pipeline;
use crate::processes::{default, draft, publish, read, retire};

#[async_trait]
impl ProcessesService for Pipeline {
    async fn get_process(
        &self,
        request: Request<proto::GetProcessRequest>,
    ) -> Result<Response<proto::GetProcessResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::get(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_processes(
        &self,
        request: Request<proto::ListProcessesRequest>,
    ) -> Result<Response<proto::ListProcessesResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::list(self, &call).await?;
        Ok(Response::new(answer))
    }

    async fn list_process_versions(
        &self,
        request: Request<proto::ListProcessVersionsRequest>,
    ) -> Result<Response<proto::ListProcessVersionsResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::versions(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_process_file(
        &self,
        request: Request<proto::GetProcessFileRequest>,
    ) -> Result<Response<proto::GetProcessFileResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = read::file(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn put_process_draft(
        &self,
        request: Request<proto::PutProcessDraftRequest>,
    ) -> Result<Response<proto::PutProcessDraftResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = draft::put(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn delete_process_draft(
        &self,
        request: Request<proto::DeleteProcessDraftRequest>,
    ) -> Result<Response<proto::DeleteProcessDraftResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = draft::delete(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn publish_process(
        &self,
        request: Request<proto::PublishProcessRequest>,
    ) -> Result<Response<proto::PublishProcessResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = publish::publish(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn retire_process(
        &self,
        request: Request<proto::RetireProcessRequest>,
    ) -> Result<Response<proto::RetireProcessResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = retire::retire(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn set_default_process(
        &self,
        request: Request<proto::SetDefaultProcessRequest>,
    ) -> Result<Response<proto::SetDefaultProcessResponse>, Status> {
        let call = Call::of(&request)?;
        let answer = default::set_default(self, &call, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
