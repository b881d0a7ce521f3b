//! What Postgres knows of tables that are being filled.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::db::{Db, Tx};
use crate::error::Fault;

/// Rows after which a look is taken whether a table has doubled.
const ROWS: u64 = 2000;

/// Counts rows that are brought in, and has statistics gathered of tables that have doubled:
/// without them Postgres plans as if they were empty.
#[derive(Debug)]
pub struct Statistics {
    schema: &'static str,
    rows: AtomicU64,
}

impl Statistics {
    pub fn of(schema: &'static str) -> Self {
        Self {
            schema,
            rows: AtomicU64::new(0),
        }
    }

    /// Counts rows that were committed. What fails here is logged: the next rows try again.
    pub async fn count(&self, db: &Db, rows: usize) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let before = self.rows.fetch_add(rows, Ordering::Relaxed);
        if before / ROWS == before.saturating_add(rows) / ROWS {
            return;
        }
        match self.gather(db).await {
            Ok(0) => {}
            Ok(tables) => tracing::debug!(schema = self.schema, tables, "statistics gathered"),
            Err(fault) => {
                tracing::warn!(schema = self.schema, %fault, "no statistics gathered");
            }
        }
    }

    /// Answers of how many tables.
    async fn gather(&self, db: &Db) -> Result<i32, Fault> {
        db.transaction_without_tenant(async |tx: &mut Tx| {
            let tables = sqlx::query_scalar!(
                r#"select events.analyze_grown($1::text::name) as "tables!""#,
                self.schema
            );
            Ok::<_, Fault>(tables.fetch_one(&mut **tx).await?)
        })
        .await
    }
}
