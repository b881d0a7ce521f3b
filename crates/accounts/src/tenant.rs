//! Tenants: the organisations that this installation serves.

pub mod create;
pub mod list;

use jiff_sqlx::Timestamp;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::TenantName;

/// A row of `accounts.tenant`.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub tenant_id: Uuid,
    pub display_name: String,
    pub created_at: Timestamp,
}

impl Tenant {
    pub fn name(&self) -> TenantName {
        TenantName(self.tenant_id)
    }

    pub fn to_proto(&self) -> proto::Tenant {
        proto::Tenant {
            name: self.name().to_string(),
            display_name: self.display_name.clone(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
        }
    }

    pub async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        let inserted = sqlx::query!(
            "insert into accounts.tenant (tenant_id, display_name, created_at) values ($1, $2, $3)
             on conflict do nothing",
            self.tenant_id,
            self.display_name,
            self.created_at as _,
        )
        .execute(connection)
        .await?;
        if inserted.rows_affected() == 0 {
            Err(Error::TenantExists(self.name()))
        } else {
            Ok(())
        }
    }
}

/// Tenants after one of them, oldest first.
pub async fn list(
    connection: &mut PgConnection,
    after: Option<Uuid>,
    at_most: i64,
) -> Result<Vec<Tenant>, Error> {
    let rows = sqlx::query_as!(
        Tenant,
        r#"select tenant_id as "tenant_id!", display_name as "display_name!", created_at as "created_at!"
           from accounts.list_tenants($1, $2)"#,
        after,
        at_most,
    );
    Ok(rows.fetch_all(connection).await?)
}
