//! `GetProcess` and `ListProcesses`.

use keynode_proto::pipeline::v1::{GetProcessRequest, GetProcessResponse, ListProcessesResponse};

use crate::Pipeline;
use crate::error::Error;
use crate::process::Process;

pub fn get(pipeline: &Pipeline, request: &GetProcessRequest) -> Result<GetProcessResponse, Error> {
    let id = request.name.strip_prefix("processes/").unwrap_or_default();
    let process = pipeline
        .processes
        .version(id, request.version)
        .ok_or_else(|| Error::ProcessNotFound {
            process: request.name.clone(),
            version: request.version,
        })?;
    Ok(GetProcessResponse {
        process: Some(process.to_proto()),
    })
}

pub fn list(pipeline: &Pipeline) -> ListProcessesResponse {
    ListProcessesResponse {
        processes: pipeline.processes.newest().map(Process::to_proto).collect(),
    }
}
