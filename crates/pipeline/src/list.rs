//! `ListOpportunities`: a page of the deals that the caller sees and that fit a filter.

mod filter;
mod page;
pub mod subteams;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1::{ListOpportunitiesRequest, ListOpportunitiesResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use self::filter::Filter;
use crate::error::Error;
use crate::opportunity::{self, Opportunity};
use crate::{Pipeline, attribute, customer};

pub use self::filter::{grade, owner, teams};

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: ListOpportunitiesRequest,
) -> Result<ListOpportunitiesResponse, Error> {
    let tenant = call.tenant()?;
    let teams = subteams::within(pipeline, call, &request.teams, request.with_subteams).await?;
    let list = async |tx: &mut Tx| {
        let mut filter = filter(tx, call, &request).await?;
        filter.teams = teams.unwrap_or(filter.teams);
        let (size, token) = (request.page_size, &request.page_token);
        let page = Page::open(size, token, &[&call.method, &arguments(&request)])?;
        let found = page::find(tx, call, &page, &filter).await?;
        let (found, token) = page.close_keyed(found, |row| (row.key.clone(), row.id));
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        let deals = in_order(opportunity::fetch(tx, &ids).await?, &ids);
        Ok::<_, Error>((deals, token))
    };
    let (deals, next_page_token) = pipeline.db.transaction(tenant, list).await?;
    Ok(ListOpportunitiesResponse {
        opportunities: deals.iter().map(Opportunity::to_proto).collect(),
        next_page_token,
    })
}

/// The filter, with the account that a name leads to since it was merged.
async fn filter(
    connection: &mut PgConnection,
    call: &Call,
    request: &ListOpportunitiesRequest,
) -> Result<Filter, Error> {
    let declared = match request.attributes.is_empty() {
        true => Default::default(),
        false => attribute::declared(connection).await?,
    };
    let filter = Filter::read(call, request, &declared)?;
    let Some(named) = filter.account else {
        return Ok(filter);
    };
    let merged = customer::merged(connection, &[named]).await?;
    let account = Some(merged.get(&named).copied().unwrap_or(named));
    Ok(Filter { account, ..filter })
}

/// Everything that a page token is good for.
fn arguments(request: &ListOpportunitiesRequest) -> String {
    let filter = ListOpportunitiesRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    format!("{filter:?}")
}

/// Deals in the order in which they were found.
fn in_order(deals: Vec<Opportunity>, ids: &[Uuid]) -> Vec<Opportunity> {
    let mut deals: std::collections::HashMap<Uuid, Opportunity> =
        deals.into_iter().map(|deal| (deal.id.0, deal)).collect();
    ids.iter().filter_map(|id| deals.remove(id)).collect()
}
