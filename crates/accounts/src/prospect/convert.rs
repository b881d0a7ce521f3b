//! Makes a prospect an account with contacts and an opportunity (R30).
//!
//! Two services keep the parts, so nothing makes them all at once. First account and
//! contacts are made and the prospect is marked as converting, in one transaction. Then
//! pipeline opens the opportunity, once however often it is asked, and records with it what is
//! known of the prospect. Last the prospect is marked as converted. Whoever calls again, after a failure or at the same time, goes on
//! with what is there.

mod begin;
mod deal;
mod finish;
mod known;
mod wish;

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_proto::Mutation;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{
    ConvertProspectRequest, ConvertProspectResponse, ForceConvertProspectRequest,
    ForceConvertProspectResponse, ProspectState,
};
use prost::Message;

use self::wish::Wish;
use super::{Prospect, row};
use crate::Accounts;
use crate::error::Error;
use crate::ids::OpportunityId;

pub async fn convert(
    service: &Accounts,
    call: &Call,
    request: ConvertProspectRequest,
) -> Result<ConvertProspectResponse, Error> {
    let wish = Wish::read(&request)?;
    run(service, call, &request, &wish, |prospect| {
        ConvertProspectResponse {
            prospect: Some(prospect),
        }
    })
    .await
}

pub async fn force(
    service: &Accounts,
    call: &Call,
    request: ForceConvertProspectRequest,
) -> Result<ForceConvertProspectResponse, Error> {
    let wish = Wish::read_forced(&request)?;
    run(service, call, &request, &wish, |prospect| {
        ForceConvertProspectResponse {
            prospect: Some(prospect),
        }
    })
    .await
}

async fn run<Request, Answer>(
    service: &Accounts,
    call: &Call,
    request: &Request,
    wish: &Wish,
    answer: impl Fn(proto::Prospect) -> Answer,
) -> Result<Answer, Error>
where
    Request: Message + Mutation,
    Answer: Message + Default,
{
    let found = match look(service, call, request, wish).await? {
        Found::Answered(earlier) => return Ok(earlier),
        Found::Prospect(found) => *found,
    };
    if found.record.state() == ProspectState::Converted {
        return Ok(answer(found.record));
    }
    if found.record.conversion.is_none() {
        // A deal that pipeline would refuse leaves no account behind.
        deal::check(service, call, &found, wish).await?;
    }
    let begun = begin::begin(service, call, wish, request.validate_only()).await?;
    if request.validate_only() {
        return Ok(answer(finish::foreseen(begun, call)));
    }
    let deal = match begun.record.state() {
        ProspectState::Converted => None,
        _ => Some(open(service, call, &begun, wish).await),
    };
    finish::finish(service, call, request, wish, deal, answer).await
}

/// Opens the deal and records with it what is known of the prospect.
async fn open(
    service: &Accounts,
    call: &Call,
    prospect: &Prospect,
    wish: &Wish,
) -> Result<OpportunityId, Error> {
    let opened = deal::open(service, call, prospect, wish).await?;
    known::pass_on(service, call, prospect, &opened).await?;
    Ok(opened.name.parse().map_err(Fault::internal)?)
}

/// What there is before anything is done.
enum Found<Answer> {
    /// The answer of the same request, made earlier.
    Answered(Answer),
    Prospect(Box<Prospect>),
}

/// How a look ends: never with a change.
enum Looked {
    At(Box<Prospect>),
    Failed(Error),
}

impl From<Fault> for Looked {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

/// Finds the answer of an earlier request, or the prospect if it may be converted. A
/// `request_id` of something else is refused here, before anything is done.
async fn look<Request, Answer>(
    service: &Accounts,
    call: &Call,
    request: &Request,
    wish: &Wish,
) -> Result<Found<Answer>, Error>
where
    Request: Message + Mutation,
    Answer: Message + Default,
{
    let looked = service
        .mutations
        .run(call, request, async |w: &mut Writer<'_>| {
            let found = row::find(w, call, wish.prospect).await;
            let checked = found.and_then(|found| wish.check(&found).map(|()| found));
            Err(checked.map_or_else(Looked::Failed, |found| Looked::At(Box::new(found))))
        })
        .await;
    match looked {
        Ok(earlier) => Ok(Found::Answered(earlier)),
        Err(Looked::At(found)) => Ok(Found::Prospect(found)),
        Err(Looked::Failed(error)) => Err(error),
    }
}
