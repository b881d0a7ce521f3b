//! For whom the caller decides: those who delegated to them and who might still decide themselves.

use keynode_kit::call::{Call, Principal, Visibility};
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;
use uuid::Uuid;

use super::seat::{self, Barred, Decider, Delegator};
use super::{delegation, find};
use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::peers::Person;
use crate::{Pipeline, dossier};

/// What a delegator must be permitted.
const DECIDE: &str = "/keynode.pipeline.v1.ApprovalsService/DecideApproval";

/// Those for whom the caller may decide an approval. Nobody is asked about them when the caller
/// decides in their own right, or not at all.
///
/// # Errors
/// `UNAVAILABLE` when accounts does not say what delegators may.
pub async fn for_approval(
    pipeline: &Pipeline,
    call: &Call,
    deal: OpportunityId,
    name: &str,
) -> Result<Vec<Delegator>, Error> {
    let Some(person) = call.principal.person else {
        return Ok(Vec::new());
    };
    let own_right = Decider {
        person,
        roles: &call.principal.roles,
        delegators: &[],
    };
    let work = async |tx: &mut Tx| {
        let approvals: proto::Approvals = dossier::load(tx, deal).await?;
        let found = find(&approvals, name).ok();
        match found.map(|approval| seat::take(&approval, &own_right)) {
            Some(Err(Barred::NotAsked)) => Ok(delegation::to(tx, person, call.today()).await?),
            _ => Ok::<_, Error>(Vec::new()),
        }
    };
    let delegators = pipeline.db.transaction(call.tenant()?, work).await?;
    still_permitted(pipeline, call, delegators).await
}

/// Those for whom the caller may decide anything.
///
/// # Errors
/// `UNAVAILABLE` when accounts does not say what delegators may.
pub async fn for_all(
    pipeline: &Pipeline,
    call: &Call,
    person: Uuid,
) -> Result<Vec<Delegator>, Error> {
    let work = async |tx: &mut Tx| Ok::<_, Error>(delegation::to(tx, person, call.today()).await?);
    let delegators = pipeline.db.transaction(call.tenant()?, work).await?;
    still_permitted(pipeline, call, delegators).await
}

/// Those who might decide themselves now, in the roles that are left of those they delegated.
async fn still_permitted(
    pipeline: &Pipeline,
    call: &Call,
    delegators: Vec<Delegator>,
) -> Result<Vec<Delegator>, Error> {
    let named = delegators.iter().map(|it| it.person);
    let people = pipeline.peers.people(call, named).await?;
    let left = delegators.into_iter().filter_map(|delegator| {
        let now = people.get(&delegator.person)?;
        may_decide(call, &delegator, now).then(|| only_roles_of(now, delegator))
    });
    Ok(left.collect())
}

fn may_decide(call: &Call, delegator: &Delegator, now: &Person) -> bool {
    let principal = Principal {
        tenant: call.principal.tenant,
        subject: PersonId(delegator.person).to_string(),
        person: Some(delegator.person),
        team: None,
        roles: now.roles.clone(),
        scopes: Vec::new(),
        visibility: Visibility::Teams(Vec::new()),
    };
    !now.is_disabled && call.rights.permit(&principal, DECIDE)
}

fn only_roles_of(now: &Person, mut delegator: Delegator) -> Delegator {
    delegator.roles.retain(|role| now.roles.contains(role));
    delegator
}
