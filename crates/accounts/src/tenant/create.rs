//! Makes a tenant with the built-in roles.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::{Call, TenantId};
use keynode_kit::db::Tx;
use keynode_kit::log::Origin;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateTenantRequest, CreateTenantResponse, TenantCreated};
use uuid::Uuid;

use super::Tenant;
use crate::Accounts;
use crate::error::Error;
use crate::role;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateTenantRequest,
) -> Result<CreateTenantResponse, Error> {
    let tenant = read(service, call, &request)?;
    let id = TenantId(tenant.tenant_id);
    // The caller belongs to no tenant: the work is done inside the new one.
    service
        .mutations
        .db
        .transaction(id, async |tx: &mut Tx| {
            store(tx, service, origin(service, call, id), &tenant).await
        })
        .await?;
    Ok(CreateTenantResponse {
        tenant: Some(tenant.to_proto()),
    })
}

fn read(service: &Accounts, call: &Call, request: &CreateTenantRequest) -> Result<Tenant, Error> {
    let mut bad = Violations::default();
    let display_name = bad.name_text("display_name", &request.display_name, 200);
    let tenant_id = match request.tenant_id.as_str() {
        "" => service.mutations.clock.id(),
        id => Uuid::try_parse(id)
            .ok()
            .filter(|id| !id.is_nil())
            .unwrap_or_else(|| {
                bad.add("tenant_id", "must be a UUID other than zero, or empty");
                Uuid::nil()
            }),
    };
    bad.finish()?;
    Ok(Tenant {
        tenant_id,
        display_name,
        created_at: call.now.to_sqlx(),
    })
}

async fn store(
    tx: &mut Tx,
    service: &Accounts,
    origin: Origin,
    tenant: &Tenant,
) -> Result<(), Error> {
    let mut writer = Writer::new(tx, service.mutations.clock.clone());
    tenant.insert(&mut writer).await?;
    role::insert_built_in(&mut writer).await?;
    writer.record(
        tenant.name().to_string(),
        1,
        &TenantCreated {
            after: Some(tenant.to_proto()),
        },
    );
    Ok(writer.append(&origin).await?)
}

fn origin(service: &Accounts, call: &Call, tenant: TenantId) -> Origin {
    Origin {
        tenant,
        service: service.mutations.service,
        actor: call.principal.subject.clone(),
        cause: String::new(),
        trace_id: call.trace_id.clone(),
        occurred_at: call.now,
    }
}
