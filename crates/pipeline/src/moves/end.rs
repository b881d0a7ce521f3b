//! `LoseOpportunity` and `AbandonOpportunity`: the ends that no key node makes.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Order, go};
use crate::Pipeline;
use crate::error::Error;
use crate::opportunity::Loss;
use crate::process::Process;
use crate::stage::Move;

const MAX_NOTE: usize = 4000;
const MAX_NAME: usize = 200;

pub async fn lose(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::LoseOpportunityRequest,
) -> Result<proto::LoseOpportunityResponse, Error> {
    let (order, loss) = read(&request)?;
    let work = async |w: &mut Writer<'_>| {
        let (before, process) = order.take(pipeline, call, w).await?;
        check(&process, &loss)?;
        let step = Move::Lose {
            from: &before.standing,
        };
        let why = (order.reason, Some(loss));
        let (opportunity, moved) = go(w, call, &before, &process, step, why).await?;
        Ok(proto::LoseOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(request: &proto::LoseOpportunityRequest) -> Result<(Order, Loss), Error> {
    let loss = request.loss.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let order = Order {
        id: bad.name("name", &request.name),
        etag: request.etag.clone(),
        reason: bad.text("loss.note", &loss.note, MAX_NOTE),
    };
    let loss = Loss {
        reason: bad.required_text("loss.reason", &loss.reason, MAX_NAME),
        note: order.reason.clone(),
        winner: bad.line("loss.winner", &loss.winner, MAX_NAME),
    };
    bad.finish()?;
    Ok((order, loss))
}

/// The reason is one that the process lists, with a note where it says too little alone.
fn check(process: &Process, loss: &Loss) -> Result<(), Error> {
    let mut bad = Violations::default();
    match process
        .loss_reasons
        .iter()
        .find(|reason| reason.id == loss.reason)
    {
        None => {
            let known = process.loss_reasons.iter().map(|reason| reason.id.as_str());
            let known: Vec<&str> = known.collect();
            bad.add(
                "loss.reason",
                format!("must be one of {}", known.join(", ")),
            );
        }
        Some(reason) if reason.needs_note && loss.note.is_empty() => {
            bad.add("loss.note", format!("must be given with {}", reason.id));
        }
        Some(_) => {}
    }
    Ok(bad.finish()?)
}

pub async fn abandon(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::AbandonOpportunityRequest,
) -> Result<proto::AbandonOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let (before, process) = order.take(pipeline, call, w).await?;
        let step = Move::Abandon {
            from: &before.standing,
        };
        let (opportunity, moved) =
            go(w, call, &before, &process, step, (order.reason, None)).await?;
        Ok(proto::AbandonOpportunityResponse {
            opportunity: Some(opportunity),
            r#move: Some(moved),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
