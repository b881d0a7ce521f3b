//! Says to which territory an account, or one like it, falls.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AssignmentReason, ResolveTerritoryRequest, ResolveTerritoryResponse, TerritoryAssignment,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assign::{facts, reason};
use super::atlas;
use super::rule::{self, Facts};
use crate::Accounts;
use crate::account;
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId, TerritoryId};

pub async fn resolve(
    service: &Accounts,
    call: &Call,
    request: ResolveTerritoryRequest,
) -> Result<ResolveTerritoryResponse, Error> {
    let mut bad = Violations::default();
    let account: Option<AccountId> = bad.optional_name("account", &request.account);
    let said = Facts {
        location: bad.text("location", &request.location, 500),
        industry: bad.text("industry", &request.industry, 200),
        ..Facts::default()
    };
    if account.is_some() && said != Facts::default() {
        bad.add("account", "must be empty when location or industry is set");
    }
    bad.finish()?;
    let assignment = service
        .read(call, async |tx: &mut Tx| {
            let facts = match account {
                Some(id) => known(tx, call, id).await?,
                None => said,
            };
            answer(tx, call, account, &facts).await
        })
        .await?;
    Ok(ResolveTerritoryResponse {
        assignment: Some(assignment),
    })
}

async fn known(connection: &mut PgConnection, call: &Call, id: AccountId) -> Result<Facts, Error> {
    let account = account::follow(connection, call, id).await?;
    let current: HashMap<Uuid, Uuid> = atlas::current(connection, &[account.id]).await?;
    Ok(facts(&account, &current))
}

async fn answer(
    connection: &mut PgConnection,
    call: &Call,
    account: Option<AccountId>,
    facts: &Facts,
) -> Result<TerritoryAssignment, Error> {
    let atlas = atlas::load(connection).await?;
    let loads = atlas::loads(connection).await?;
    let outcome = rule::assign(facts, &atlas, &loads);
    let territory = outcome
        .territory()
        .and_then(|id| atlas.territories.get(&id));
    let account = account.map(|id| id.to_string()).unwrap_or_default();
    if territory.is_some_and(|territory| !atlas.sees(call, territory.id)) {
        return Ok(TerritoryAssignment {
            account,
            reason: AssignmentReason::OutOfSight.into(),
            ..TerritoryAssignment::default()
        });
    }
    let (reason, overflow_of) = reason(outcome);
    let overflow_of = overflow_of.filter(|id| atlas.sees(call, *id));
    Ok(TerritoryAssignment {
        account,
        territory: optional::<TerritoryId>(territory.map(|territory| territory.id)),
        owner: optional::<PersonId>(territory.and_then(|territory| territory.owner)),
        team: optional::<TeamId>(territory.map(|territory| territory.team)),
        reason: reason.into(),
        overflow_of: optional::<TerritoryId>(overflow_of),
    })
}
