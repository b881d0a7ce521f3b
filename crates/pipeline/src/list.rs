//! `ListOpportunities`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    ListOpportunitiesRequest, ListOpportunitiesResponse, OpportunityStatus,
};

use sqlx::PgConnection;

use crate::Pipeline;
use crate::customer;
use crate::error::Error;
use crate::ids::{AccountId, PersonId};
use crate::opportunity::{self, Filter};
use crate::status;

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: ListOpportunitiesRequest,
) -> Result<ListOpportunitiesResponse, Error> {
    let filter = filter(&request)?;
    let kind = request.status.to_string();
    let arguments = [
        &call.method,
        &request.account,
        &request.owner,
        &request.stage,
        &kind,
        &request.source_system,
    ];
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &arguments.map(String::as_str),
    )?;
    let (found, next_page_token) = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            let filter = current(tx, filter).await?;
            let ids = opportunity::page(tx, call, &page, &filter).await?;
            let (ids, token) = page.close(ids, |id| *id);
            Ok::<_, Error>((opportunity::fetch(tx, &ids).await?, token))
        })
        .await?;
    let opportunities = found
        .iter()
        .map(opportunity::Opportunity::to_proto)
        .collect();
    Ok(ListOpportunitiesResponse {
        opportunities,
        next_page_token,
    })
}

/// By the account that a name leads to since it was merged.
async fn current(connection: &mut PgConnection, filter: Filter) -> Result<Filter, Error> {
    let Some(named) = filter.account else {
        return Ok(filter);
    };
    let merged = customer::merged(connection, &[named]).await?;
    let account = Some(merged.get(&named).copied().unwrap_or(named));
    Ok(Filter { account, ..filter })
}

fn filter(request: &ListOpportunitiesRequest) -> Result<Filter, Error> {
    let mut bad = Violations::default();
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let kind: OpportunityStatus = bad.optional_enum("status", request.status);
    let filter = Filter {
        account: bad
            .optional_name("account", &request.account)
            .map(|AccountId(id)| id),
        owner: bad
            .optional_name("owner", &request.owner)
            .map(|PersonId(id)| id),
        stage: given(&request.stage),
        status: Some(kind)
            .filter(|kind| *kind != OpportunityStatus::Unspecified)
            .map(status::name),
        source_system: given(&request.source_system),
    };
    bad.finish()?;
    Ok(filter)
}
