//! `SettleNextAction`: what became of a next action that no activity took up.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::NextActionOutcome;

use super::change::{Locked, deal_of};
use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;

const MAX_NOTE: usize = 2000;

pub async fn settle(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SettleNextActionRequest,
) -> Result<proto::SettleNextActionResponse, Error> {
    let (deal, settlement) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let locked = Locked::take(w, call, deal, (&request.name, &request.etag)).await?;
        if !locked.before.has_open_next_action() {
            return Err(Error::NextActionNotOpen(request.name.clone()));
        }
        let note = settlement.note.clone();
        let mut said = locked.before.said.clone();
        if let Some(next) = &mut said.next_action {
            next.settlement = Some(settlement);
        }
        let after = locked.save(w, call, said, &note).await?;
        Ok(proto::SettleNextActionResponse {
            activity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    call: &Call,
    request: &proto::SettleNextActionRequest,
) -> Result<(OpportunityId, proto::NextActionSettlement), Error> {
    let mut bad = Violations::default();
    let deal = deal_of(&mut bad, "name", &request.name);
    let outcome: NextActionOutcome = bad.required_enum("outcome", request.outcome);
    if outcome == NextActionOutcome::TakenUp {
        bad.add("outcome", "must be DONE or DROPPED");
    }
    let note = match outcome {
        NextActionOutcome::Dropped => bad.required_text("note", &request.note, MAX_NOTE),
        _ => bad.text("note", &request.note, MAX_NOTE),
    };
    bad.finish()?;
    let settlement = proto::NextActionSettlement {
        outcome: outcome.into(),
        note,
        activity: String::new(),
        actor: call.principal.subject.clone(),
        settle_time: Some(wire::timestamp(call.now)),
    };
    Ok((deal, settlement))
}
