//! `RetireProcess`: no new deal follows a version; those that do go on.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ProcessState;

use super::{change, id, lock, next_revision, not_found};
use crate::Pipeline;
use crate::error::Error;
use crate::process::name;
use crate::process::row::Kept;

pub async fn retire(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RetireProcessRequest,
) -> Result<proto::RetireProcessResponse, Error> {
    let id = id(&request.name)?;
    let mut bad = Violations::default();
    bad.range("version", request.version.into(), 1..=i32::MAX.into());
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let versions = lock(pipeline, w, &id).await?;
        let before = versions.iter().find(|kept| kept.version == request.version);
        let before = before.filter(|kept| kept.state != ProcessState::Unspecified);
        let before = before.ok_or_else(|| not_found(&request.name, request.version))?;
        check(pipeline, w, &versions, before).await?;
        let after = Kept {
            state: ProcessState::Retired,
            revision: next_revision(&versions),
            retired: Some(call.now),
            ..before.clone()
        };
        let process = change(pipeline, call, w, Some(before.clone()), after).await?;
        Ok(proto::RetireProcessResponse {
            process: Some(process),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// Deals that name no process must find one.
async fn check(
    pipeline: &Pipeline,
    w: &mut Writer<'_>,
    versions: &[Kept],
    retiring: &Kept,
) -> Result<(), Error> {
    let is_published = |kept: &&Kept| kept.state == ProcessState::Published;
    if !is_published(&retiring) {
        return Err(Error::ProcessNotPublished {
            process: name(&retiring.id),
            version: retiring.version,
        });
    }
    let is_last = versions.iter().filter(is_published).count() == 1;
    if is_last && pipeline.processes.default(w).await? == retiring.id {
        return Err(Error::ProcessIsDefault(name(&retiring.id)));
    }
    Ok(())
}
