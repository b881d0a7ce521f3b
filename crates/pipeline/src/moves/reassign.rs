//! `ReassignOpportunity`: to another owner or team.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::Order;
use crate::Pipeline;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::opportunity;
use crate::owner::Owners;
use crate::update::change_because;

pub async fn reassign(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReassignOpportunityRequest,
) -> Result<proto::ReassignOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let owner: Option<PersonId> = bad.optional_name("owner", &request.owner);
    let team: Option<TeamId> = bad.optional_name("team", &request.team);
    if owner.is_none() && team.is_none() {
        bad.add("owner", "owner or team must be given");
    }
    bad.finish()?;
    // Judged inside: a repeat is answered as the first was, whatever became of the owner.
    let owners = Owners::ask(&pipeline.peers, call, owner.map(|id| id.0)).await;
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, order.id, &order.etag).await?;
        let mut terms = before.terms.clone();
        terms.owner = owner.map(|id| id.0).or(terms.owner);
        terms.team = team.map(|id| id.0).or(terms.team);
        let mut bad = Violations::default();
        terms.check_owner(&mut bad, "", call, before.terms.team);
        bad.finish()?;
        if terms.owner != before.terms.owner {
            owners?.check(terms.owner)?;
        }
        let after = change_because(w, call, before, &order.reason, |after| {
            after.terms = terms;
        })
        .await?;
        Ok(proto::ReassignOpportunityResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
