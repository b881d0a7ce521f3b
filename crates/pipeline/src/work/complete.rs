//! `CompleteWorkItem` and `UndoWorkItem`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::work_evidence::Evidence;
use keynode_proto::pipeline::v1::{ActivityState, WorkEvidenceKind};

use super::{Work, delete_work, save_work};
use crate::activity::Activity;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity;
use crate::process::{Process, WorkItem};
use crate::update::{change, change_because};
use crate::{Pipeline, activity, file_reference, past};

const MAX_ID: usize = 64;
const MAX_REASON: usize = 2000;
const MAX_LINK: usize = 2000;
const MAX_TEXT: usize = 4000;
const MAX_ACTIVITY: usize = 200;

pub async fn complete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CompleteWorkItemRequest,
) -> Result<proto::CompleteWorkItemResponse, Error> {
    let (id, item, work) = read(call, &request)?;
    let activity = match work.evidence.as_ref().and_then(|it| it.evidence.as_ref()) {
        Some(Evidence::Activity(name)) => Some(name.clone()),
        _ => None,
    };
    let work_of = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, id, &request.etag).await?;
        let process = pipeline.process_of(w, call, &before).await?;
        check_kind(find(&process, &item)?, &work)?;
        if let Some(name) = &activity {
            require_done(&activity::find(w, id, name).await?)?;
        }
        save_work(w, id, &item, &work).await?;
        let after = change(w, call, before, |after| {
            after.work.insert(item.clone(), work.clone());
        })
        .await?;
        Ok(proto::CompleteWorkItemResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work_of).await
}

fn read(
    call: &Call,
    request: &proto::CompleteWorkItemRequest,
) -> Result<(OpportunityId, String, Work), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let item = bad.required_text("work_item", &request.work_item, MAX_ID);
    if request.done_date.is_none() {
        bad.add("done_date", "must be given");
    }
    let done = bad.date("done_date", request.done_date);
    past::day(&mut bad, "done_date", done, call.now);
    let evidence = request.evidence.clone().filter(|it| it.evidence.is_some());
    if let Some(evidence) = evidence.as_ref().and_then(|it| it.evidence.as_ref()) {
        check_evidence(&mut bad, evidence);
    }
    bad.finish()?;
    let work = Work {
        done: done.unwrap_or_default(),
        evidence,
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    };
    Ok((id, item, work))
}

fn check_evidence(bad: &mut Violations, evidence: &Evidence) {
    match evidence {
        Evidence::Link(link) => {
            bad.required_text("evidence.link", link, MAX_LINK);
            if !link.starts_with("https://") && !link.starts_with("http://") {
                bad.add("evidence.link", "must begin with https:// or http://");
            }
        }
        Evidence::File(file) => file_reference::check(bad, "evidence.file", file),
        Evidence::Text(text) => {
            bad.required_text("evidence.text", text, MAX_TEXT);
        }
        Evidence::Activity(name) => {
            bad.required_text("evidence.activity", name, MAX_ACTIVITY);
        }
    }
}

/// What did not happen yet shows nothing.
fn require_done(activity: &Activity) -> Result<(), Error> {
    match activity.state() {
        ActivityState::Done => Ok(()),
        state => Err(Error::ActivityNotDone {
            activity: activity.name(),
            state: activity::state_name(state),
        }),
    }
}

fn find<'p>(process: &'p Process, item: &str) -> Result<&'p WorkItem, Error> {
    let mut items = process.stages.iter().flat_map(|stage| &stage.work_items);
    let found = items.find(|known| known.id == item);
    found.ok_or_else(|| Error::WorkItemNotFound {
        process: process.name(),
        item: item.to_owned(),
    })
}

/// The evidence is of the kind that the process asks for.
fn check_kind(item: &WorkItem, work: &Work) -> Result<(), Error> {
    let given = match work.evidence.as_ref().and_then(|it| it.evidence.as_ref()) {
        None => WorkEvidenceKind::Unspecified,
        Some(Evidence::Link(_)) => WorkEvidenceKind::Link,
        Some(Evidence::File(_)) => WorkEvidenceKind::File,
        Some(Evidence::Text(_)) => WorkEvidenceKind::Text,
        Some(Evidence::Activity(_)) => WorkEvidenceKind::Activity,
    };
    let mut bad = Violations::default();
    if item.evidence != WorkEvidenceKind::Unspecified && given != item.evidence {
        let asked = item
            .evidence
            .as_str_name()
            .trim_start_matches("WORK_EVIDENCE_KIND_");
        bad.add("evidence", format!("must be a {}", asked.to_lowercase()));
    }
    Ok(bad.finish()?)
}

pub async fn undo(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UndoWorkItemRequest,
) -> Result<proto::UndoWorkItemResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let item = bad.required_text("work_item", &request.work_item, MAX_ID);
    let reason = bad.required_text("reason", &request.reason, MAX_REASON);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, id, &request.etag).await?;
        find(&*pipeline.process_of(w, call, &before).await?, &item)?;
        delete_work(w, id, &item).await?;
        let after = change_because(w, call, before, &reason, |after| {
            after.work.remove(&item);
        })
        .await?;
        Ok(proto::UndoWorkItemResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
