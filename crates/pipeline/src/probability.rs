//! `SetManualProbability` and `ClearManualProbability`: how likely somebody holds a deal to be
//! won. What is computed is kept apart: neither overwrites the other.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, ManualProbability};
use crate::update::change_because;

const MAX_REASON: usize = 2000;

pub async fn set(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SetManualProbabilityRequest,
) -> Result<proto::SetManualProbabilityResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    if request.percent.is_none() {
        bad.add(
            "percent",
            "must be given; ClearManualProbability takes it back",
        );
    }
    let percent = request.percent.unwrap_or_default();
    bad.range("percent", percent.into(), 0..=100);
    let held = ManualProbability {
        percent,
        reason: bad.required_text("reason", &request.reason, MAX_REASON),
        actor: call.principal.subject.clone(),
        set: call.now,
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, id, &request.etag).await?;
        let reason = held.reason.clone();
        let set = |after: &mut opportunity::Opportunity| after.manual_probability = Some(held);
        let after = change_because(w, call, before, &reason, set).await?;
        Ok(proto::SetManualProbabilityResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn clear(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ClearManualProbabilityRequest,
) -> Result<proto::ClearManualProbabilityResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let reason = bad.text("reason", &request.reason, MAX_REASON);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, id, &request.etag).await?;
        let clear = |after: &mut opportunity::Opportunity| after.manual_probability = None;
        let after = change_because(w, call, before, &reason, clear).await?;
        Ok(proto::ClearManualProbabilityResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
