//! `SetDefaultProcess`: what opportunities follow that name no process.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;

use super::{id, not_found};
use crate::Pipeline;
use crate::error::Error;
use crate::process::{name, row};

/// The subject of the events: there is one setting.
const SUBJECT: &str = "processes/-/default";

pub async fn set_default(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SetDefaultProcessRequest,
) -> Result<proto::SetDefaultProcessResponse, Error> {
    let id = id(&request.name)?;
    let tenant = call.tenant()?;
    let work = async |w: &mut Writer<'_>| {
        // In the order in which processes are locked: nobody retires it meanwhile.
        log::take_turn(w, &[name(&id), SUBJECT.to_owned()]).await?;
        let before = pipeline.processes.default(w).await?;
        let found = pipeline.processes.find(w, tenant, &name(&id), 0).await?;
        if !found.is_published() {
            return Err(not_found(&request.name, 0));
        }
        if before != id {
            let revision = row::set_default(w, &id).await?;
            let changed = proto::DefaultProcessChanged {
                before: name(&before),
                after: name(&id),
            };
            w.record(SUBJECT, revision, &changed);
        }
        Ok(proto::SetDefaultProcessResponse {
            process: Some(found.to_proto(&id)),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
