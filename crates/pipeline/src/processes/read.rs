//! `GetProcess`, `ListProcesses`, `ListProcessVersions` and `GetProcessFile`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{check_name, id, not_found};
use crate::Pipeline;
use crate::error::Error;
use crate::process::catalog::Version;

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetProcessRequest,
) -> Result<proto::GetProcessResponse, Error> {
    let (found, default) = find(pipeline, call, &request.name, request.version).await?;
    Ok(proto::GetProcessResponse {
        process: Some(found.to_proto(&default)),
    })
}

pub async fn file(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetProcessFileRequest,
) -> Result<proto::GetProcessFileResponse, Error> {
    let (found, _) = find(pipeline, call, &request.name, request.version).await?;
    Ok(proto::GetProcessFileResponse { file: found.file })
}

/// A version, and the id of the default process.
async fn find(
    pipeline: &Pipeline,
    call: &Call,
    name: &str,
    version: i32,
) -> Result<(Version, String), Error> {
    let mut bad = Violations::default();
    check_name(&mut bad, "name", name);
    bad.range("version", version.into(), 0..=i32::MAX.into());
    bad.finish()?;
    if name.is_empty() {
        return Err(not_found("", version));
    }
    let tenant = call.tenant()?;
    pipeline
        .db
        .transaction(tenant, async |tx: &mut Tx| {
            let found = pipeline.processes.find(tx, tenant, name, version).await?;
            Ok((found, pipeline.processes.default(tx).await?))
        })
        .await
}

pub async fn list(pipeline: &Pipeline, call: &Call) -> Result<proto::ListProcessesResponse, Error> {
    let tenant = call.tenant()?;
    let work = async |tx: &mut Tx| {
        let found = pipeline.processes.in_force(tx, tenant).await?;
        let default = pipeline.processes.default(tx).await?;
        let processes = found.iter().map(|version| version.to_proto(&default));
        Ok::<_, Error>(proto::ListProcessesResponse {
            processes: processes.collect(),
        })
    };
    pipeline.db.transaction(tenant, work).await
}

pub async fn versions(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListProcessVersionsRequest,
) -> Result<proto::ListProcessVersionsResponse, Error> {
    let (tenant, id) = (call.tenant()?, id(&request.name)?);
    let work = async |tx: &mut Tx| {
        let found = pipeline.processes.versions(tx, tenant, &id).await?;
        if found.is_empty() {
            return Err(not_found(&request.name, 0));
        }
        let default = pipeline.processes.default(tx).await?;
        let processes = found.iter().map(|version| version.to_proto(&default));
        Ok(proto::ListProcessVersionsResponse {
            processes: processes.collect(),
        })
    };
    pipeline.db.transaction(tenant, work).await
}
