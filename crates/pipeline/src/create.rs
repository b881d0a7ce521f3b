//! `CreateOpportunity`: opens a deal in the first stage of its process.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{CreateOpportunityRequest, CreateOpportunityResponse};

use crate::attribute::values::Values;
use crate::customer::{self, Customers};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::owner::Owners;
use crate::process::Process;
use crate::stage::{Move, decide};
use crate::stage_move::{self, Entry};
use crate::terms::{ANY_STEP, Terms};
use crate::{Pipeline, attribute, processes};

pub async fn create(
    pipeline: &Pipeline,
    call: &Call,
    request: CreateOpportunityRequest,
) -> Result<CreateOpportunityResponse, Error> {
    let message = request.opportunity.clone().unwrap_or_default();
    let mut bad = Violations::default();
    processes::check_name(&mut bad, "opportunity.process", &message.process);
    bad.finish()?;
    let process = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            processes::to_follow(pipeline, call, tx, &message.process).await
        })
        .await;
    let mut bad = Violations::default();
    let steps = process.as_ref().map_or(ANY_STEP, |it| it.track().last);
    let terms = Terms::read(&mut bad, "opportunity", &message, steps);
    let (owner, owners) = (
        terms.owner,
        Owners::ask(&pipeline.peers, call, terms.owner).await,
    );
    let terms = terms.owned_by_default(call, owners.as_ref().unwrap_or(&Owners::of(call)));
    terms.check_name(&mut bad, "opportunity");
    terms.check_keys(&mut bad, "opportunity");
    terms.check_owner(&mut bad, "opportunity", call, None);
    if message.attributes.is_empty() {
        bad.finish()?;
        bad = Violations::default();
    }
    // Judged inside: a repeat is answered as the first was, whatever became of account, owner,
    // process and attributes.
    let customers = Customers::ask(&pipeline.peers, call, terms.account).await;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if !message.attributes.is_empty() {
                let declared = attribute::declared(w).await?;
                terms.check_attributes(&mut bad, &message, &Values::new(), &declared);
            }
            bad.finish()?;
            owners?.check(owner)?;
            let terms = of_customer(w, customers?, terms).await?;
            let process = process?;
            pipeline.processes.remember(w, &process, call.now).await?;
            let opportunity = open(w, call, &process, terms).await?;
            Ok(CreateOpportunityResponse {
                opportunity: Some(opportunity.to_proto()),
            })
        })
        .await
}

/// With the account that the name leads to.
async fn of_customer(
    w: &mut Writer<'_>,
    customers: Customers,
    mut terms: Terms,
) -> Result<Terms, Error> {
    if let Some(named) = terms.account {
        customer::hold(w).await?;
        terms.account = Some(customers.current(w).await?.find(named)?);
    }
    Ok(terms)
}

async fn open(
    w: &mut Writer<'_>,
    call: &Call,
    process: &Process,
    terms: Terms,
) -> Result<Opportunity, Error> {
    let moved = decide(process.track(), Move::Open, call.now).map_err(|blocked| {
        keynode_kit::error::Fault::internal(format!("a new deal is {blocked:?}"))
    })?;
    let opportunity = Opportunity::enter(w.id().into(), terms, process, &moved, call.now);
    let entry = Entry { opportunity, moved };
    stage_move::enter(w, call, std::slice::from_ref(&entry)).await?;
    Ok(entry.opportunity)
}
