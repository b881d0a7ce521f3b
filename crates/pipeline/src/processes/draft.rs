//! `PutProcessDraft` and `DeleteProcessDraft`.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ProcessState;

use super::{change, draft, id, lock, next_revision};
use crate::Pipeline;
use crate::error::Error;
use crate::process::row::Kept;
use crate::process::{self, name};

const MAX_FILE: usize = 256 * 1024;

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutProcessDraftRequest,
) -> Result<proto::PutProcessDraftResponse, Error> {
    let mut bad = Violations::default();
    if request.file.is_empty() || request.file.len() > MAX_FILE {
        let why = format!("must be 1 to {MAX_FILE} bytes, is {}", request.file.len());
        bad.add("file", why);
    }
    if request.file.contains('\0') {
        bad.add("file", "must not contain NUL");
    }
    bad.finish()?;
    let id = process::check(&request.file)
        .map_err(Error::ProcessFileInvalid)?
        .id;
    let work = async |w: &mut Writer<'_>| {
        let versions = lock(pipeline, w, &id).await?;
        let before = versions.iter().find(|kept| kept.published.is_none());
        let replaced = before.filter(|kept| kept.state == ProcessState::Draft);
        match replaced {
            Some(draft) => etag::check(&name(&id), &request.etag, draft.revision)?,
            None => etag::check(&name(&id), &request.etag, 0)?,
        }
        let newest = versions.iter().filter(|kept| kept.published.is_some());
        let newest = newest.map(|kept| kept.version).max().unwrap_or_default();
        let after = Kept {
            id: id.clone(),
            version: newest + 1,
            state: ProcessState::Draft,
            revision: next_revision(&versions),
            file: request.file.clone(),
            published: None,
            retired: None,
        };
        let process = change(pipeline, call, w, replaced.cloned(), after).await?;
        Ok(proto::PutProcessDraftResponse {
            process: Some(process),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeleteProcessDraftRequest,
) -> Result<proto::DeleteProcessDraftResponse, Error> {
    let id = id(&request.name)?;
    let work = async |w: &mut Writer<'_>| {
        let versions = lock(pipeline, w, &id).await?;
        let before = draft(&versions, &id, &request.etag)?;
        let after = Kept {
            state: ProcessState::Unspecified,
            revision: next_revision(&versions),
            ..before.clone()
        };
        change(pipeline, call, w, Some(before), after).await?;
        Ok(proto::DeleteProcessDraftResponse {})
    };
    pipeline.mutations.run(call, &request, work).await
}
