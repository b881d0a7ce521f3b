//! The database: one pool per service and role, transactions that name their tenant, and
//! one owner of every query's deadline.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use keynode_proto::common::v1::ErrorReason;
use serde::{Deserialize, Serialize};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, Postgres};
use tonic::Code;

use crate::call::TenantId;
use crate::error::Fault;

const ALIVE_WITHIN: Duration = Duration::from_secs(1);
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// How a service uses its pool.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// Connections at most; more than 8 to 16 per replica slow Postgres down.
    pub max_connections: u32,
    /// How long a request waits for a free connection before it is refused.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
    /// How long one transaction may last, whatever the caller's deadline.
    #[serde(with = "humantime_serde")]
    pub transaction_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(20),
        }
    }
}

/// The database as one service's role sees it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    role: String,
    transaction_timeout: Duration,
}

impl Db {
    /// Connects when first used, so that a service may start before its database.
    pub fn new(options: PgConnectOptions, settings: &PoolSettings) -> Self {
        let role = options.get_username().to_owned();
        let options = options
            .application_name(&role)
            .log_statements(tracing::log::LevelFilter::Trace)
            .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(settings.acquire_timeout)
            // A dead connection is found by the transaction's own deadline.
            .test_before_acquire(false)
            .idle_timeout(Duration::from_secs(300))
            .connect_lazy_with(options);
        Self {
            pool,
            role,
            transaction_timeout: settings.transaction_timeout,
        }
    }

    /// Begins a transaction in a tenant.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no connection is to be had in time.
    pub async fn begin(&self, tenant: TenantId) -> Result<Tx, Fault> {
        self.begin_with(format!("begin; set local keynode.tenant_id = '{tenant}'"))
            .await
    }

    /// Begins a transaction in no tenant: confined tables show nothing in it.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no connection is to be had in time.
    pub async fn begin_without_tenant(&self) -> Result<Tx, Fault> {
        self.begin_with("begin".to_owned()).await
    }

    async fn begin_with(&self, sql: String) -> Result<Tx, Fault> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that takes connections"
        )]
        let acquired = self.pool.acquire();
        let connection = acquired.await?;
        let mut tx = Tx {
            connection: Some(connection),
        };
        let begun =
            tokio::time::timeout(Duration::from_secs(5), tx.execute(AssertSqlSafe(sql))).await;
        match begun {
            Ok(done) => done.map(|_| ())?,
            Err(_) => return Err(unavailable("the database does not answer")),
        }
        Ok(tx)
    }

    /// Runs `work` in a transaction and commits it if it succeeds.
    ///
    /// # Errors
    /// What `work` answers; `UNAVAILABLE` when the database does not answer in time.
    pub async fn transaction<T, E: From<Fault>>(
        &self,
        tenant: TenantId,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(self.transaction_timeout, async {
            let mut tx = self.begin(tenant).await?;
            let result = work(&mut tx).await;
            tx.finish(result).await
        })
        .await
    }

    /// The same in no tenant: confined tables show nothing in it.
    ///
    /// # Errors
    /// As [`Db::transaction`].
    pub async fn transaction_without_tenant<T, E: From<Fault>>(
        &self,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.bounded(self.transaction_timeout, async {
            let mut tx = self.begin_without_tenant().await?;
            let result = work(&mut tx).await;
            tx.finish(result).await
        })
        .await
    }

    /// Whoever waits for the database waits here: what is cut off drops its [`Tx`] and
    /// with it the connection.
    async fn bounded<T, E: From<Fault>>(
        &self,
        most: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::time::timeout(most, work)
            .await
            .unwrap_or_else(|_| Err(unavailable("the database does not answer").into()))
    }

    /// Whether the database answers and this release's schema is there.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn check(&self, schema: &str) -> Result<(), Fault> {
        let there = self
            .bounded(Duration::from_secs(2), async {
                let mut tx = self.begin_without_tenant().await?;
                let there = sqlx::query_scalar!(
                    r#"select exists (select from pg_namespace where nspname = $1) as "there!""#,
                    schema,
                )
                .fetch_one(&mut *tx)
                .await;
                tx.finish(there.map_err(Fault::from)).await
            })
            .await?;
        if there {
            Ok(())
        } else {
            Err(unavailable(
                "the database is not migrated; run `keynode migrate`",
            ))
        }
    }

    /// Tells the metrics how the pool stands.
    pub fn observe(&self) {
        let idle = self.pool.num_idle();
        let size = self.pool.size() as usize;
        for (state, count) in [("idle", idle), ("used", size.saturating_sub(idle))] {
            metrics::gauge!("keynode_db_pool_connections", "role" => self.role.clone(), "state" => state)
                .set(count as f64);
        }
    }

    /// Closes the pool; connections that do not answer are left behind.
    pub async fn close(&self) {
        if tokio::time::timeout(CLOSE_WITHIN, self.pool.close())
            .await
            .is_err()
        {
            tracing::warn!(
                role = self.role,
                "connections that do not answer are left behind"
            );
        }
    }
}

/// A transaction. It must be finished; one that is dropped before, because its caller
/// went away or its deadline passed in the middle of a query, takes its connection with
/// it: a connection that went silent would otherwise return to the pool and stay dead
/// there (sqlx issue 4349).
#[derive(Debug)]
pub struct Tx {
    connection: Option<PoolConnection<Postgres>>,
}

impl Tx {
    /// Commits after success, rolls back after failure, and passes the result on.
    ///
    /// # Errors
    /// `result`'s own, or why the commit failed.
    pub async fn finish<T, E: From<Fault>>(mut self, result: Result<T, E>) -> Result<T, E> {
        let sql = if result.is_ok() { "commit" } else { "rollback" };
        let ended = (*self).execute(sql).await;
        if ended.is_ok() {
            self.give_back();
        }
        match (result, ended) {
            (Ok(_), Err(error)) => Err(Fault::from(error).into()),
            (result, _) => result,
        }
    }

    /// Gives the connection back to the pool, which first asks it for a sign of life. Left
    /// to itself the pool waits for that without end, and a connection that fell silent
    /// would be missing from it for ever.
    fn give_back(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let returned = connection.return_to_pool();
        tokio::spawn(async move {
            if tokio::time::timeout(ALIVE_WITHIN, returned).await.is_err() {
                tracing::warn!("a connection to the database fell silent and is given up");
            }
        });
    }

    /// Names the tenant for the rest of the transaction.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn enter_tenant(&mut self, tenant: TenantId) -> Result<(), Fault> {
        self.execute(AssertSqlSafe(format!(
            "set local keynode.tenant_id = '{tenant}'"
        )))
        .await?;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection
            .as_ref()
            .expect("a transaction has its connection until it is finished")
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection
            .as_mut()
            .expect("a transaction has its connection until it is finished")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

fn unavailable(message: &str) -> Fault {
    Fault::new(
        Code::Unavailable,
        ErrorReason::Unavailable.as_str_name(),
        message,
    )
    .zh("数据库暂不可用,请稍后重试")
    .retry_after(Duration::from_secs(1))
}

/// The name of the constraint or unique index that an error tells of.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|e| e.constraint())
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls};
        match &error {
            PoolClosed => unavailable("this service is stopping"),
            PoolTimedOut | Io(_) | Tls(_) => {
                tracing::warn!(%error, "the database cannot be reached");
                unavailable("the database cannot be reached")
            }
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // Serialization failure, deadlock, lock not available.
                Some("40001" | "40P01" | "55P03") => conflict(),
                // Shutting down, starting up, too many connections.
                Some("57P01" | "57P02" | "57P03" | "53300") => {
                    unavailable("the database is restarting or full")
                }
                // Wrong user or password, no such role or database, no right, no such table.
                Some("28000" | "28P01" | "3D000" | "42P01" | "3F000") => misconfigured(&error),
                // Read-only, disk full.
                Some("25006" | "53100") => misconfigured(&error),
                // Query cancelled by statement_timeout.
                Some("57014") => unavailable("the database took too long"),
                _ => Self::internal(&error),
            },
            _ => Self::internal(&error),
        }
    }
}

/// Not the caller's doing and not a fault of ours: the operator has to act.
fn misconfigured(error: &sqlx::Error) -> Fault {
    tracing::error!(%error, "the database is there but not as this service needs it");
    let message = match error.as_database_error().and_then(|e| e.code()).as_deref() {
        Some("28000" | "28P01") => {
            "the database refuses this service's role; is it migrated, and is the password right?"
        }
        Some("3D000") => "the database does not exist; create it and run `keynode migrate`",
        Some("25006") => "the database is read-only",
        Some("53100") => "the database's disk is full",
        _ => "the database is not migrated; run `keynode migrate`",
    };
    unavailable(message)
}

fn conflict() -> Fault {
    Fault::new(
        Code::Aborted,
        ErrorReason::Conflict.as_str_name(),
        "two writers met in the database; retry",
    )
    .zh("并发冲突,请重试")
    .retry_after(Duration::from_millis(50))
}
