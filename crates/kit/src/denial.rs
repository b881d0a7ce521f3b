//! Rows of the denial log: what was refused to whom.

use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::auth::Denial;
use crate::db::{Db, Tx};
use crate::error::Fault;

/// Writes one denial of a caller whose tenant is known; others belong to nobody's log.
///
/// # Errors
/// When the database does not answer.
pub async fn write(db: &Db, denial: &Denial) -> Result<(), Fault> {
    let Some(tenant) = denial.tenant else {
        return Ok(());
    };
    db.transaction(tenant, async |tx: &mut Tx| {
        sqlx::query!(
            "insert into events.denial
               (id, tenant_id, subject, method, permission, reason, trace_id, denied_at)
             values ($1, events.tenant_id(), $2, $3, $4, $5, $6, $7)",
            Uuid::now_v7(),
            denial.subject,
            denial.method,
            denial.permission,
            denial.reason,
            denial.trace_id,
            denial.at.to_sqlx() as _,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    })
    .await
}
