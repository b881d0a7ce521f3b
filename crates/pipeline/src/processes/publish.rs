//! `PublishProcess`: a draft is in force and never changes again.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ProcessState;

use super::{change, draft, id, lock, next_revision};
use crate::Pipeline;
use crate::error::Error;
use crate::process;
use crate::process::row::Kept;

pub async fn publish(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PublishProcessRequest,
) -> Result<proto::PublishProcessResponse, Error> {
    let id = id(&request.name)?;
    let work = async |w: &mut Writer<'_>| {
        let versions = lock(pipeline, w, &id).await?;
        let before = draft(&versions, &id, &request.etag)?;
        // What is in force never changes: an older release may have taken too much.
        process::check(&before.file).map_err(Error::ProcessFileInvalid)?;
        let after = Kept {
            state: ProcessState::Published,
            revision: next_revision(&versions),
            published: Some(call.now),
            ..before.clone()
        };
        let process = change(pipeline, call, w, Some(before), after).await?;
        Ok(proto::PublishProcessResponse {
            process: Some(process),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
