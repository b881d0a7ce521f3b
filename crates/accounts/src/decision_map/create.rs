//! Starts the map of an opportunity. An opportunity has one map only, so nobody may take
//! the place of one that they do not see.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    CreateDecisionMapRequest, CreateDecisionMapResponse, DecisionMapChanged,
};
use keynode_proto::pipeline::v1::Opportunity;
use sqlx::PgConnection;

use super::{DecisionMap, Header, shown};
use crate::error::Error;
use crate::ids::{AccountId, OpportunityId};
use crate::merge::redirect;
use crate::{Accounts, account, opportunity};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateDecisionMapRequest,
) -> Result<CreateDecisionMapResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("opportunity", &request.opportunity);
    let account: AccountId = bad.name("account", &request.account);
    bad.finish()?;
    let map = empty(call, id, account);
    // Judged inside: a repeat is answered as the first was, whatever became of the deal.
    let deal = opportunity::get(&service.pipeline, call, id).await;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            check_customer(w, &deal?, account).await?;
            account::find(w, call, account).await?;
            insert(w, &map).await?;
            let after = map.to_proto();
            let change = DecisionMapChanged {
                before: None,
                after: Some(after.clone()),
            };
            w.record(map.name().to_string(), map.header.version, &change);
            Ok::<_, Error>(CreateDecisionMapResponse {
                decision_map: Some(after),
            })
        })
        .await?;
    Ok(CreateDecisionMapResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

/// A deal of which the customer is not known yet has a map of any account.
/// One that was merged since is the customer by the name of whom it went into.
async fn check_customer(
    connection: &mut PgConnection,
    deal: &Opportunity,
    account: AccountId,
) -> Result<(), Error> {
    let mut bad = Violations::default();
    let customer = redirect::current(connection, deal.account.parse().ok()).await?;
    if !deal.account.is_empty() && deal.account != account.to_string() && customer != Some(account)
    {
        bad.add("account", "must be the opportunity's customer");
    }
    Ok(bad.finish()?)
}

fn empty(call: &Call, opportunity: OpportunityId, account: AccountId) -> DecisionMap {
    let header = Header {
        opportunity_id: opportunity.0,
        version: 1,
        created_at: call.now.to_sqlx(),
        updated_at: call.now.to_sqlx(),
        account_id: account.0,
        complete: false,
        competitors: Vec::new(),
    };
    DecisionMap {
        header,
        stakeholders: Vec::new(),
        influences: Vec::new(),
        criteria: Vec::new(),
    }
}

async fn insert(connection: &mut PgConnection, map: &DecisionMap) -> Result<(), Error> {
    let header = &map.header;
    let inserted = sqlx::query!(
        "insert into accounts.decision_map
           (tenant_id, opportunity_id, version, created_at, updated_at, account_id, complete)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        header.opportunity_id,
        header.version,
        header.created_at as _,
        header.updated_at as _,
        header.account_id,
        header.complete,
    )
    .execute(connection)
    .await?;
    if inserted.rows_affected() == 0 {
        Err(Error::MapExists(map.name()))
    } else {
        Ok(())
    }
}
