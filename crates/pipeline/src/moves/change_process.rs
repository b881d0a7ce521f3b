//! `MoveOpportunityToProcess`: to another process, or another version of it.
//!
//! Key nodes of the stages before the one entered are held against the facts: what they do not
//! reach is owed.

use std::sync::Arc;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Order, position, refusal};
use crate::dossier::Dossier;
use crate::error::Error;
use crate::gate::{self, Facts, Needs};
use crate::opportunity::{self, Opportunity};
use crate::peers::Fetched;
use crate::process::Process;
use crate::stage::{Move, Moved, decide};
use crate::stage_move::{self, Circumstances, Tracks};
use crate::{Pipeline, hearing, processes};

const MAX_STAGE: usize = 64;

/// What is asked, and what was fetched for it.
struct Prepared {
    version: i64,
    process: Arc<Process>,
    stage: String,
    fetched: Fetched,
}

pub async fn change_process(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::MoveOpportunityToProcessRequest,
) -> Result<proto::MoveOpportunityToProcessResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    if request.process.is_empty() {
        bad.add("process", "must be given");
    }
    processes::check_name(&mut bad, "process", &request.process);
    bad.range("version", request.version.into(), 0..=i32::MAX.into());
    bad.text("stage", &request.stage, MAX_STAGE);
    bad.finish()?;
    // Judged inside: a repeat is answered as the first was, whatever became of the deal.
    let prepared = prepare(pipeline, call, &order, &request).await;
    let work = async |w: &mut Writer<'_>| go(pipeline, call, w, &order, prepared?).await;
    pipeline.mutations.run(call, &request, work).await
}

/// Finds the process, and fetches what its key nodes rest on.
async fn prepare(
    pipeline: &Pipeline,
    call: &Call,
    order: &Order,
    request: &proto::MoveOpportunityToProcessRequest,
) -> Result<Prepared, Error> {
    let tenant = call.tenant()?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, order.id).await?;
        let found = pipeline
            .processes
            .find(tx, tenant, &request.process, request.version)
            .await?;
        let dossier = Dossier::load(tx, order.id).await?;
        Ok::<_, Error>((deal, found, dossier))
    };
    let (deal, found, dossier) = pipeline.db.transaction(tenant, work).await?;
    let process = found.process.clone();
    if !found.is_published() {
        return Err(Error::ProcessNotPublished {
            process: process.name(),
            version: process.version,
        });
    }
    if (&deal.process, deal.process_version) == (&process.id, process.version) {
        return Err(Error::ProcessUnchanged {
            opportunity: deal.id,
            process: process.name(),
        });
    }
    let own = deal.facts(dossier);
    let gates = process.stages.iter().map(|stage| gate::judge(stage, &own));
    let needs = gates.fold(Needs::default(), |needs, gate| needs.and(gate.needs()));
    Ok(Prepared {
        version: deal.version,
        stage: stage(&process, &deal, &request.stage),
        fetched: pipeline.peers.fetch(call, order.id, needs).await?,
        process,
    })
}

/// The stage to go on in: the one named, else the one in the same place, but never one that
/// an open deal cannot stand in.
fn stage(process: &Process, deal: &Opportunity, named: &str) -> String {
    if !named.is_empty() {
        return named.to_owned();
    }
    let place = deal.standing.position().min(process.track().wins);
    let found = process.stage_at(place);
    found.map_or_else(String::new, |stage| stage.id.clone())
}

async fn go(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    order: &Order,
    prepared: Prepared,
) -> Result<proto::MoveOpportunityToProcessResponse, Error> {
    let (before, from) = order.take(pipeline, call, w).await?;
    if before.version != prepared.version {
        return Err(Error::Conflict(before.id.to_string()));
    }
    let to = &prepared.process;
    let dossier = Dossier::load(w, before.id).await?;
    let facts = Facts {
        map: prepared.fetched.map,
        evaluation: prepared.fetched.evaluation,
        ..before.facts(dossier)
    };
    let moved = enter(&before, to, &prepared.stage, &facts, call)?;
    let circumstances = Circumstances {
        actor: call.principal.subject.clone(),
        now: call.now,
        reason: order.reason.clone(),
        loss: None,
        basis: proto::DecisionBasis {
            process: to.name(),
            process_version: to.version,
            ..hearing::basis(&before, &facts)
        },
    };
    let tracks = Tracks { from: &from, to };
    pipeline.processes.remember(w, to, call.now).await?;
    let owed = moved.to().owed().filter_map(|place| to.stage_at(place));
    let owed_stages = owed.map(|stage| stage.id.clone()).collect();
    let (opportunity, stage_move) =
        stage_move::move_on(w, &before, tracks, &moved, None, circumstances).await?;
    Ok(proto::MoveOpportunityToProcessResponse {
        opportunity: Some(opportunity),
        r#move: Some(stage_move),
        owed_stages,
    })
}

fn enter(
    before: &Opportunity,
    process: &Process,
    stage: &str,
    facts: &Facts,
    call: &Call,
) -> Result<Moved, Error> {
    let position = position(process, stage)?;
    if position > process.track().wins {
        let mut bad = Violations::default();
        bad.add("stage", "must not come after the stage that wins");
        bad.finish()?;
    }
    let stages = process.stages.iter();
    let reached = stages.filter(|stage| gate::judge(stage, facts).is_reached());
    let reached: Vec<i32> = reached.map(|stage| stage.position).collect();
    // Another process is no way past key nodes.
    let mut passed = before.standing.position()..position;
    if passed.any(|place| !reached.contains(&place)) {
        let mut bad = Violations::default();
        bad.add(
            "stage",
            "must not come after key nodes that are not reached",
        );
        bad.finish()?;
    }
    let step = Move::ChangeProcess {
        from: &before.standing,
        position,
        reached: &reached,
    };
    decide(process.track(), step, call.now)
        .map_err(|blocked| refusal(before, &before.standing, &blocked))
}
