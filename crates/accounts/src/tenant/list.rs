//! Lists the tenants of this installation.

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
    let mut tx = service.mutations.db.begin_without_tenant().await?;
    let found = super::list(&mut tx, page.after, page.fetch()).await;
    let (tenants, next_page_token) = page.close(tx.finish(found).await?, |tenant| tenant.tenant_id);
    Ok(ListTenantsResponse {
        tenants: tenants.iter().map(Tenant::to_proto).collect(),
        next_page_token,
    })
}
