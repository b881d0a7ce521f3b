//! `GetProcess` and `ListProcesses`.

use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{GetProcessRequest, GetProcessResponse, ListProcessesResponse};

use crate::Pipeline;
use crate::error::Error;
use crate::process::Process;

const MAX_NAME: usize = 200;

pub fn get(pipeline: &Pipeline, request: &GetProcessRequest) -> Result<GetProcessResponse, Error> {
    let process = match request.name.as_str() {
        "" => return Err(not_found("", request.version)),
        name => find(pipeline, "name", name, request.version)?,
    };
    Ok(GetProcessResponse {
        process: Some(process.to_proto()),
    })
}

/// A process by a name in a request; empty = the default, version 0 = the newest. A name
/// too long to be one is refused unrepeated.
///
/// # Errors
/// `INVALID_REQUEST` naming the field; `PROCESS_NOT_FOUND`.
pub fn find<'p>(
    pipeline: &'p Pipeline,
    field: &str,
    name: &str,
    version: i32,
) -> Result<&'p Process, Error> {
    let mut bad = Violations::default();
    bad.text(field, name, MAX_NAME);
    bad.finish()?;
    pipeline
        .processes
        .find(name, version)
        .ok_or_else(|| not_found(name, version))
}

fn not_found(name: &str, version: i32) -> Error {
    Error::ProcessNotFound {
        process: name.to_owned(),
        version,
    }
}

pub fn list(pipeline: &Pipeline) -> ListProcessesResponse {
    ListProcessesResponse {
        processes: pipeline.processes.newest().map(Process::to_proto).collect(),
    }
}
