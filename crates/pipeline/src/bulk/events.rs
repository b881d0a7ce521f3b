//! `ImportOpportunityEvents`: how deals stood in another system, moment by moment.
//!
//! Events of one deal are taken in the order in which they happened. What happened after all that
//! is known of the deal moves it; what happened before that stands in its past. What the deal is
//! worth is what was said last, by when it was so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use tonic::Streaming;
use uuid::Uuid;

use super::along::go_along;
use super::fate::{Fate, Fates, decide_on};
use super::known::known;
use super::row;
use super::told::Told;
use super::{Answers, answer_each};
use crate::Pipeline;
use crate::error::Error;
use crate::stage_move::carry::stand_in_past;

const MAX_EVENTS: usize = 1000;

pub fn import(
    pipeline: &Pipeline,
    call: &Call,
    chunks: Streaming<proto::ImportOpportunityEventsRequest>,
) -> Answers<proto::ImportOpportunityEventsResponse> {
    answer_each(pipeline, call, chunks, take)
}

async fn take(
    pipeline: Pipeline,
    call: Call,
    chunk: proto::ImportOpportunityEventsRequest,
) -> Result<proto::ImportOpportunityEventsResponse, Error> {
    match chunk_of(&pipeline, &call, &chunk).await {
        // What somebody else recorded meanwhile is there by now.
        Err(Error::Conflict(_)) => chunk_of(&pipeline, &call, &chunk).await,
        done => done,
    }
}

async fn chunk_of(
    pipeline: &Pipeline,
    call: &Call,
    chunk: &proto::ImportOpportunityEventsRequest,
) -> Result<proto::ImportOpportunityEventsResponse, Error> {
    let read = chunk.events.iter().map(|event| Told::read(event, call.now));
    let told: Vec<Result<Told, Error>> = read.collect();
    check(&told)?;
    let work = async |w: &mut Writer<'_>| {
        let results = record(pipeline, call, w, told).await?;
        Ok::<_, Error>(proto::ImportOpportunityEventsResponse { results })
    };
    // Each event is idempotent by its own id.
    pipeline.mutations.write(call, work).await
}

fn check(told: &[Result<Told, Error>]) -> Result<(), Error> {
    let mut bad = Violations::default();
    if told.is_empty() || told.len() > MAX_EVENTS {
        bad.add(
            "events",
            format!("must be 1 to {MAX_EVENTS}, are {}", told.len()),
        );
    }
    let mut seen = HashMap::new();
    for (n, told) in told.iter().enumerate() {
        let Ok(told) = told else { continue };
        if let Some(earlier) = seen.insert(told.id(), n) {
            bad.add(
                format!("events[{n}].source_event"),
                format!("is that of events[{earlier}] too"),
            );
        }
    }
    Ok(bad.finish()?)
}

async fn record(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    mut told: Vec<Result<Told, Error>>,
) -> Result<Vec<proto::OpportunityEventResult>, Error> {
    let mut deals = known(pipeline, call, w, &mut told).await?;
    let (systems, events): (Vec<_>, Vec<_>) = told.iter().flatten().map(Told::id).unzip();
    let recorded = row::recorded(w, &systems, &events).await?;
    let mut fates = Fates::of(&told);
    let (mut past, mut late) = (Vec::new(), Vec::new());
    let mut ahead: BTreeMap<Uuid, Vec<&Told>> = BTreeMap::new();
    for (n, told) in in_order(&told) {
        match decide_on(told, &recorded, &deals) {
            Ok(Fate::Recorded(deal)) => fates.say(n, Ok(EventResult::Unchanged(deal))),
            Ok(Fate::Past(known)) => {
                fates.note(n, told, known, EventResult::Recorded);
                past.push(known.stood(told)?);
                late.push(known.late(told));
            }
            Ok(Fate::Ahead(known)) => {
                fates.note(n, told, known, EventResult::Moved);
                past.push(known.stood(told)?);
                ahead.entry(known.deal.id.0).or_default().push(told);
            }
            Err(error) => fates.say(n, Err(error)),
        }
    }
    row::note(w, &fates.noted).await.map_err(noted_meanwhile)?;
    row::insert_past(w, &past).await?;
    stand_in_past(w, &late, (&call.principal.subject, call.now)).await?;
    drop((past, late));
    let touched: BTreeSet<Uuid> = fates.noted.iter().map(|(.., deal)| *deal).collect();
    let touched: Vec<Uuid> = touched.into_iter().collect();
    go_along(call, w, &mut deals, ahead, &touched).await?;
    fates.finish(told)
}

/// Those that can be read, in the order in which they happened.
fn in_order(told: &[Result<Told, Error>]) -> Vec<(usize, &Told)> {
    let read = told.iter().enumerate();
    let mut read: Vec<(usize, &Told)> = read
        .filter_map(|(n, told)| Some((n, told.as_ref().ok()?)))
        .collect();
    read.sort_by_cached_key(|(_, told)| told.place());
    read
}

/// Somebody else recorded one of these events since we looked.
fn noted_meanwhile(error: sqlx::Error) -> Error {
    match keynode_kit::db::constraint(&error) {
        Some("imported_event_pkey") => Error::Conflict("an event of the chunk".to_owned()),
        _ => error.into(),
    }
}
