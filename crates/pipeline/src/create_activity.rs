//! `CreateActivity`: a contact with the customer and what follows from it.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use crate::activity::{self, Activity, NextAction};
use crate::error::Error;
use crate::ids::{ContactId, OpportunityId, PersonId};
use crate::{Pipeline, opportunity, past};

const MAX_TEXT: usize = 2000;
const MAX_OUTCOME: usize = 4000;
const MAX_CONTACTS: usize = 100;

pub async fn create_activity(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CreateActivityRequest,
) -> Result<proto::CreateActivityResponse, Error> {
    let activity = read(pipeline, call, &request)?;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let parent = opportunity::read(w, call, activity.opportunity).await?;
            activity::insert(w, &activity).await?;
            let recorded = proto::ActivityRecorded {
                after: Some(activity.to_proto()),
                opportunity: Some(parent.to_proto()),
            };
            w.record(activity.name(), 1, &recorded);
            Ok(proto::CreateActivityResponse {
                activity: recorded.after,
            })
        })
        .await
}

fn read(
    pipeline: &Pipeline,
    call: &Call,
    request: &proto::CreateActivityRequest,
) -> Result<Activity, Error> {
    let message = request.activity.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let opportunity: OpportunityId = bad.name("parent", &request.parent);
    if message.occur_time.is_none() {
        bad.add("activity.occur_time", "must be given");
    }
    let occurred = past::moment(
        &mut bad,
        "activity.occur_time",
        message.occur_time.as_ref(),
        call.now,
    );
    let activity = Activity {
        id: pipeline.clock.id(),
        opportunity,
        created: call.now,
        kind: bad.required_enum("activity.kind", message.kind),
        occurred: occurred.unwrap_or_default(),
        purpose: bad.text("activity.purpose", &message.purpose, MAX_TEXT),
        outcome: bad.text("activity.outcome", &message.outcome, MAX_OUTCOME),
        contacts: contacts(&mut bad, &message.contacts),
        next_action: message
            .next_action
            .and_then(|next| next_action(&mut bad, &next)),
        recorder: call.principal.subject.clone(),
    };
    bad.finish()?;
    Ok(activity)
}

fn contacts(bad: &mut Violations, names: &[String]) -> Vec<Uuid> {
    if names.len() > MAX_CONTACTS {
        let why = format!("must be at most {MAX_CONTACTS}, are {}", names.len());
        bad.add("activity.contacts", why);
        return Vec::new();
    }
    let read = |(n, name): (usize, &String)| bad.name(&format!("activity.contacts[{n}]"), name);
    let ids: Vec<Uuid> = names
        .iter()
        .enumerate()
        .map(read)
        .map(|ContactId(id)| id)
        .collect();
    if names.iter().collect::<HashSet<_>>().len() < names.len() {
        bad.add("activity.contacts", "must name each contact once");
    }
    ids
}

/// A next action without its day is none (T9).
fn next_action(bad: &mut Violations, message: &proto::NextAction) -> Option<NextAction> {
    let description = bad.required_text(
        "activity.next_action.description",
        &message.description,
        MAX_TEXT,
    );
    let reason = bad.text("activity.next_action.reason", &message.reason, MAX_TEXT);
    let responsible = bad
        .optional_name("activity.next_action.responsible", &message.responsible)
        .map(|PersonId(id)| id);
    if message.due_date.is_none() {
        bad.add("activity.next_action.due_date", "must be given");
    }
    let due = bad.date("activity.next_action.due_date", message.due_date)?;
    Some(NextAction {
        description,
        due,
        responsible,
        reason,
    })
}
