//! `ImportOpportunityEvents`: how deals stood in another system, moment by moment.
//!
//! Events of one deal are taken in the order in which they happened. What happened after all that
//! is known of the deal moves it; what happened before that stands in its past.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use tonic::Streaming;
use uuid::Uuid;

use super::row::{self, Past};
use super::told::Told;
use super::{Answers, answer_each};
use crate::Pipeline;
use crate::batch_upsert::status as refusal;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;
use crate::stage::{Move, decide};
use crate::stage_move::carry::{Carried, carry};
use crate::status;

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

/// A deal and what is known of its time.
struct Known {
    deal: Opportunity,
    process: Arc<Process>,
    /// Since when it was moved here.
    worked_here: Option<Timestamp>,
    /// Until when something is known of it.
    until: Timestamp,
}

/// What was decided about an event, by its place in the chunk.
struct Fates {
    results: Vec<Option<Result<EventResult, Error>>>,
    noted: BTreeSet<(String, String, Uuid)>,
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
    let mut fates = Fates {
        results: told.iter().map(|_| None).collect(),
        noted: BTreeSet::new(),
    };
    let mut past = Vec::new();
    let mut ahead: BTreeMap<Uuid, Vec<(usize, &Told)>> = BTreeMap::new();
    for (n, told) in in_order(&told) {
        match decide_on(told, &recorded, &deals) {
            Ok(Fate::Recorded(deal)) => fates.say(n, Ok(EventResult::Unchanged(deal))),
            Ok(Fate::Past(known)) => {
                fates.note(n, told, known, EventResult::Recorded);
                past.push(stood(told, known)?);
            }
            Ok(Fate::Ahead(known)) => {
                fates.note(n, told, known, EventResult::Moved);
                past.push(stood(told, known)?);
                ahead.entry(known.deal.id.0).or_default().push((n, told));
            }
            Err(error) => fates.say(n, Err(error)),
        }
    }
    row::note(w, &fates.noted).await.map_err(noted_meanwhile)?;
    row::insert_past(w, &past).await?;
    drop(past);
    go_along(call, w, &mut deals, ahead).await?;
    fates.finish(told)
}

/// What becomes of an event.
enum Fate<'k> {
    Recorded(String),
    Past(&'k Known),
    Ahead(&'k Known),
}

type Key = (String, String);

fn decide_on<'k>(
    told: &Told,
    recorded: &BTreeMap<Key, Uuid>,
    deals: &'k HashMap<Key, Known>,
) -> Result<Fate<'k>, Error> {
    let known = deals.get(&told.first_key);
    let known = known.ok_or_else(|| Error::ExternalKeyUnknown {
        system: told.key.0.clone(),
        id: told.key.1.clone(),
    })?;
    if let Some(deal) = recorded.get(&told.id()) {
        return Ok(Fate::Recorded(OpportunityId(*deal).to_string()));
    }
    told.stage_in(&known.process)?;
    match known.worked_here {
        Some(since) if told.at >= since => Err(Error::OpportunityWorkedHere {
            opportunity: known.deal.id,
        }),
        None if told.at >= known.until => Ok(Fate::Ahead(known)),
        _ => Ok(Fate::Past(known)),
    }
}

/// Those that can be read, in the order in which they happened.
fn in_order(told: &[Result<Told, Error>]) -> Vec<(usize, &Told)> {
    let read = told.iter().enumerate();
    let mut read: Vec<(usize, &Told)> = read
        .filter_map(|(n, told)| Some((n, told.as_ref().ok()?)))
        .collect();
    read.sort_by_key(|(n, told)| (told.at, *n));
    read
}

impl Fates {
    fn say(&mut self, n: usize, result: Result<EventResult, Error>) {
        if let Some(place) = self.results.get_mut(n) {
            *place = Some(result);
        }
    }

    fn note(&mut self, n: usize, told: &Told, known: &Known, how: fn(String) -> EventResult) {
        let (system, event) = told.id();
        self.noted.insert((system, event, known.deal.id.0));
        self.say(n, Ok(how(known.deal.id.to_string())));
    }

    fn finish(
        self,
        told: Vec<Result<Told, Error>>,
    ) -> Result<Vec<proto::OpportunityEventResult>, Error> {
        let both = self.results.into_iter().zip(told);
        let shown = both.map(|(said, told)| {
            let result = match (said, told) {
                (Some(Ok(result)), _) => result,
                (Some(Err(error)), _) | (None, Err(error)) => EventResult::Error(refusal(&error)?),
                (None, Ok(_)) => return Err(Fault::internal("an event without its fate").into()),
            };
            Ok(proto::OpportunityEventResult {
                result: Some(result),
            })
        });
        shown.collect()
    }
}

/// The deals of the events that the caller sees, locked, by their first keys, by which the
/// events name them from here on.
async fn known(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    told: &mut [Result<Told, Error>],
) -> Result<HashMap<Key, Known>, Error> {
    let keys: BTreeSet<Key> = told.iter().flatten().map(|told| told.key.clone()).collect();
    let (systems, ids): (Vec<String>, Vec<String>) = keys.into_iter().unzip();
    let ids = opportunity::by_external_keys(w, &systems, &ids).await?;
    let found: BTreeSet<Uuid> = ids.values().copied().collect();
    let found: Vec<Uuid> = found.into_iter().collect();
    let subjects: Vec<OpportunityId> = found.iter().copied().map(OpportunityId).collect();
    opportunity::lock_all(w, &subjects).await?;
    let worked_here = row::worked_here(w, &found).await?;
    let known_until = row::known_until(w, &found).await?;
    let mut known = HashMap::new();
    let mut first_keys = HashMap::new();
    for deal in opportunity::fetch(w, &found).await? {
        let Some(key) = deal.terms.external_key.clone() else {
            continue;
        };
        first_keys.insert(deal.id.0, key.clone());
        if !call.sees(deal.terms.owner, deal.terms.team) {
            continue;
        }
        let process = pipeline.process_of(w, call, &deal).await?;
        let standing = &deal.standing;
        let since = standing.status().closed_at().unwrap_or(standing.entered());
        let told = known_until.get(&deal.id.0).copied().unwrap_or(since);
        let worked_here = worked_here.get(&deal.id.0).copied();
        known.insert(
            key,
            Known {
                until: since.max(told),
                worked_here,
                deal,
                process,
            },
        );
    }
    for told in told.iter_mut().flatten() {
        let first = ids.get(&told.key).and_then(|id| first_keys.get(id));
        if let Some(first) = first {
            told.first_key.clone_from(first);
        }
    }
    Ok(known)
}

fn stood<'e>(told: &'e Told, known: &'e Known) -> Result<Past<'e>, Error> {
    let stage = told.stage_in(&known.process)?;
    Ok(Past {
        opportunity_id: known.deal.id.0,
        occurred_at: told.at,
        process: &known.process.id,
        stage: &told.stage,
        stage_position: stage.position,
        status: status::name(status::kind(told.status)),
        owner_id: known.deal.terms.owner,
        says_amount: told.amount.is_some(),
        amount: told.amount.as_ref().map(|it| it.value.to_string()),
        currency: told.amount.as_ref().map(|it| it.currency.as_str()),
    })
}

/// Deals go along by what is ahead of them: the first of each together, then the second of each.
async fn go_along(
    call: &Call,
    w: &mut Writer<'_>,
    deals: &mut HashMap<Key, Known>,
    mut ahead: BTreeMap<Uuid, Vec<(usize, &Told)>>,
) -> Result<(), Error> {
    for queue in ahead.values_mut() {
        queue.reverse();
    }
    loop {
        let next: Vec<&Told> = ahead
            .values_mut()
            .filter_map(|queue| queue.pop().map(|(_, told)| told))
            .collect();
        if next.is_empty() {
            return Ok(());
        }
        let round: Result<Vec<Carried>, Error> =
            next.iter().map(|told| step(told, deals, call)).collect();
        let who = (call.principal.subject.as_str(), call.now);
        let after = carry(w, round?, who).await?;
        for deal in after {
            let key = deal.terms.external_key.clone();
            if let Some(known) = key.and_then(|key| deals.get_mut(&key)) {
                known.deal = deal;
            }
        }
    }
}

fn step(told: &Told, deals: &HashMap<Key, Known>, call: &Call) -> Result<Carried, Error> {
    let known = deals
        .get(&told.first_key)
        .ok_or_else(|| Fault::internal("a deal that was there"))?;
    let stage = told.stage_in(&known.process)?;
    let step = Move::CarryOn {
        from: &known.deal.standing,
        position: stage.position,
        status: told.status,
        at: told.at,
    };
    let moved = decide(known.process.track(), step, call.now)
        .map_err(|blocked| Fault::internal(format!("an imported deal is {blocked:?}")))?;
    Ok(Carried {
        before: known.deal.clone(),
        process: known.process.clone(),
        moved,
        at: told.at,
        amount: told.amount.clone(),
    })
}

/// Somebody else recorded one of these events since we looked.
fn noted_meanwhile(error: sqlx::Error) -> Error {
    match keynode_kit::db::constraint(&error) {
        Some("imported_event_pkey") => Error::Conflict("an event of the chunk".to_owned()),
        _ => error.into(),
    }
}
