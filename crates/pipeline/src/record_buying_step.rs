//! `RecordBuyingStep`: where the customer stands in its buying process (R4).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{RecordBuyingStepRequest, RecordBuyingStepResponse};

use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, BuyingStep, Opportunity};
use crate::update::change;

const MAX_TEXT: usize = 2000;

pub async fn record_buying_step(
    pipeline: &Pipeline,
    call: &Call,
    request: RecordBuyingStepRequest,
) -> Result<RecordBuyingStepResponse, Error> {
    let (id, state) = read(call, &request)?;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = opportunity::lock(w, call, id, &request.etag).await?;
            let steps = pipeline.process_of(w, call, &before).await?.track().last;
            check(steps, &before, &state)?;
            let after = change(w, call, before, |after| {
                // Where the customer stood when we first knew is where we entered (R3).
                if after.buying_step.is_none() && after.terms.entry_buying_step.is_none() {
                    after.terms.entry_buying_step = Some(state.step);
                }
                after.buying_step = Some(state);
            })
            .await?;
            Ok(RecordBuyingStepResponse {
                opportunity: Some(after.to_proto()),
            })
        })
        .await
}

fn read(
    call: &Call,
    request: &RecordBuyingStepRequest,
) -> Result<(OpportunityId, BuyingStep), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    bad.range("step", request.step.into(), 1..=i32::MAX.into());
    let state = BuyingStep {
        step: request.step,
        evidence: bad.required_text("evidence", &request.evidence, MAX_TEXT),
        reason: bad.text("reason", &request.reason, MAX_TEXT),
        recorded: call.now,
    };
    bad.finish()?;
    Ok((id, state))
}

/// The customer never enters its next step before finishing the last (E5): what looks
/// otherwise needs an explanation. We may come to know it late, so any first step will do.
fn check(steps: i32, before: &Opportunity, state: &BuyingStep) -> Result<(), Error> {
    let mut bad = Violations::default();
    bad.range("step", state.step.into(), 1..=steps.into());
    bad.finish()?;
    let from = before
        .buying_step
        .as_ref()
        .map_or(state.step, |state| state.step);
    let in_order = state.step == from || state.step == from + 1;
    if in_order || !state.reason.is_empty() {
        return Ok(());
    }
    Err(Error::BuyingStepSkipped {
        opportunity: before.id,
        from,
        to: state.step,
    })
}
