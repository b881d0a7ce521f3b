//! Gives accounts to the territories that they fall to.

mod plan;
mod scope;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{AssignAccountsRequest, AssignAccountsResponse};

pub use plan::{Plan, facts, plan, reason, store};
use scope::Scope;

use super::tree;
use crate::error::Error;
use crate::ids::AccountId;
use crate::{Accounts, handover};

pub async fn assign(
    service: &Accounts,
    call: &Call,
    request: AssignAccountsRequest,
) -> Result<AssignAccountsResponse, Error> {
    let scope = Scope::read(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let ids = scope.select(w, call).await?;
            let accounts = handover::lock(w, call, &ids).await?;
            if let Scope::Named(named) = &scope {
                let is_found = |id: &&_| accounts.iter().any(|account| account.id == **id);
                if let Some(unseen) = named.iter().find(|id| !is_found(id)) {
                    return Err(Error::AccountNotFound(AccountId(*unseen)));
                }
            }
            let mut plans = plan(w, call, accounts, None).await?;
            store(w, call, &plans).await?;
            if let Scope::Named(named) = &scope {
                let place = |plan: &Plan| named.iter().position(|id| *id == plan.account());
                plans.sort_by_key(place);
            }
            Ok(answer(&plans))
        })
        .await
}

fn answer(plans: &[Plan]) -> AssignAccountsResponse {
    let moved = plans.iter().filter(|plan| plan.handover.is_move()).count();
    AssignAccountsResponse {
        moves: plans.iter().map(Plan::to_proto).collect(),
        moved_count: i32::try_from(moved).unwrap_or(i32::MAX),
    }
}
