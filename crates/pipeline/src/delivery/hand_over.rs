//! `RecordHandOver`: who keeps up the long-term relation (R36).

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::HandOver;

use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::{Pipeline, opportunity, past};

const MAX_PLAN: usize = 4000;

pub async fn record(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RecordHandOverRequest,
) -> Result<proto::RecordHandOverResponse, Error> {
    let hand_over = request.hand_over.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let day = hand_over.hand_over_date;
    past::required_day(&mut bad, "hand_over.hand_over_date", day, call.now);
    bad.name::<PersonId>("hand_over.keeper", &hand_over.keeper);
    bad.day("hand_over.next_visit_date", hand_over.next_visit_date);
    let hand_over = HandOver {
        plan: bad.required_text("hand_over.plan", &hand_over.plan, MAX_PLAN),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..hand_over
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (delivery, deal) = super::change(w, call, deal, |_, delivery| {
            delivery.hand_over = Some(hand_over);
            Ok(())
        })
        .await?;
        Ok(proto::RecordHandOverResponse {
            delivery: Some(delivery),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
