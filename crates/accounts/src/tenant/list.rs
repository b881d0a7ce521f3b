//! Lists the tenants of this installation.

use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::accounts::v1::{ListTenantsRequest, ListTenantsResponse};

use super::Tenant;
use crate::Accounts;
use crate::error::Error;

pub async fn list(
    service: &Accounts,
    request: ListTenantsRequest,
) -> Result<ListTenantsResponse, Error> {
    let page = Page::open(request.page_size, &request.page_token, &["ListTenants"])?;
    let found = service
        .mutations
        .db
        .transaction_without_tenant(async |tx: &mut Tx| {
            super::list(tx, page.after, page.fetch()).await
        })
        .await?;
    let (tenants, next_page_token) = page.close(found, |tenant| tenant.tenant_id);
    Ok(ListTenantsResponse {
        tenants: tenants.iter().map(Tenant::to_proto).collect(),
        next_page_token,
    })
}
