//! `DecideBid`: whether we bid. To leave a competition whose criteria are against us is legitimate,
//! and so is to attend it for the relation only (E1, E5).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{BidDecision, BidVerdict};

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::text::words;
use crate::{Pipeline, opportunity};

const MAX_REASON: usize = 2000;

pub async fn decide(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DecideBidRequest,
) -> Result<proto::DecideBidResponse, Error> {
    let (id, verdict) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (bid, deal) = super::change(w, call, deal, |_, bid| {
            bid.verdict = Some(verdict);
            Ok(())
        })
        .await?;
        Ok(proto::DecideBidResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    call: &Call,
    request: &proto::DecideBidRequest,
) -> Result<(OpportunityId, BidVerdict), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let decision: BidDecision = bad.required_enum("decision", request.decision);
    let reason = match decision {
        BidDecision::Withdraw | BidDecision::AttendForRelation => {
            bad.required_text("reason", &request.reason, MAX_REASON)
        }
        BidDecision::Go | BidDecision::Unspecified => {
            words(&mut bad, "reason", &request.reason, MAX_REASON)
        }
    };
    let follow_up = bad.day("follow_up_date", request.follow_up_date);
    if decision == BidDecision::AttendForRelation && request.follow_up_date.is_none() {
        bad.add("follow_up_date", "must be given with ATTEND_FOR_RELATION");
    }
    bad.finish()?;
    let verdict = BidVerdict {
        decision: decision.into(),
        reason,
        follow_up_date: follow_up.map(wire::date),
        actor: call.principal.subject.clone(),
        decide_time: Some(wire::timestamp(call.now)),
    };
    Ok((id, verdict))
}
