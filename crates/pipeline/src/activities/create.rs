//! `CreateActivity`: a contact with the customer and what follows from it.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ActivityState;

use super::taking_up;
use crate::activity::{Activity, check, row};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, mask, opportunity};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateActivityRequest,
) -> Result<proto::CreateActivityResponse, Error> {
    let activity = read(pipeline, call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let parent = opportunity::lock(w, call, activity.opportunity, "").await?;
        row::insert(w, &activity).await?;
        taking_up::follow(w, call, &parent, None, &activity, "activity").await?;
        let recorded = proto::ActivityRecorded {
            after: Some(activity.to_proto()),
            opportunity: Some(parent.to_proto()),
        };
        w.record(activity.name(), activity.version, &recorded);
        Ok(proto::CreateActivityResponse {
            activity: recorded.after,
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    pipeline: &Pipeline,
    call: &Call,
    request: &proto::CreateActivityRequest,
) -> Result<Activity, Error> {
    let message = request.activity.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let opportunity: OpportunityId = bad.name("parent", &request.parent);
    let mut said = mask::apply(&proto::Activity::default(), &message, None, check::SAID)?;
    said.set_state(state(&mut bad, message.state));
    said.create_time = Some(wire::timestamp(call.now));
    said.update_time = said.create_time;
    said.recorder.clone_from(&call.principal.subject);
    if let Some(next) = &mut said.next_action {
        next.settlement = None;
    }
    check::check(&mut bad, "activity", &mut said, call.now);
    bad.finish()?;
    Ok(Activity {
        id: pipeline.clock.id(),
        opportunity,
        version: 1,
        said,
    })
}

/// What is recorded happened, unless it is said to be planned.
fn state(bad: &mut Violations, said: i32) -> ActivityState {
    match bad.optional_enum("activity.state", said) {
        ActivityState::Unspecified => ActivityState::Done,
        state @ (ActivityState::Planned | ActivityState::Done) => state,
        ActivityState::Cancelled => {
            bad.add("activity.state", "must be PLANNED or DONE");
            ActivityState::Done
        }
    }
}
