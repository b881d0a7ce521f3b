//! Brings a database to what this release needs: roles, then one schema per service.
//!
//! Safe to run by several at once and again: an advisory lock lets one work while the
//! others wait, and what is there is left alone.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

/// The role that owns every schema; nothing signs in as it.
const OWNER: &str = "keynode_owner";
/// Any number will do that nobody else locks.
const LOCK: i64 = 0x006b_6579_6e6f_6465;

const ROLE_ATTEMPTS: u32 = 20;

/// The kit's own schema, `events`; always first.
pub static EVENTS: Migrator = sqlx::migrate!();

/// The services that have a role of their own, `keynode_{service}`.
pub const SERVICES: [&str; 4] = ["accounts", "pipeline", "scoring", "notification"];

/// One role and the password it shall have; none leaves the password alone.
#[derive(Debug)]
pub struct RolePassword {
    pub service: &'static str,
    pub password: Option<SecretString>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot connect to the database as its administrator: {0}; check database.admin_url")]
    Connect(#[source] sqlx::Error),
    #[error("cannot prepare the roles: {0}; the administrator must be allowed to create roles")]
    Roles(#[source] sqlx::Error),
    #[error("cannot migrate: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the encoding of the database is {0}; create it with UTF8, other encodings lose text")]
    Encoding(String),
    #[error("Postgres {0} is too old; 15 or newer is needed")]
    Version(String),
}

/// The role a service signs in as.
pub fn role(service: &str) -> String {
    format!("keynode_{service}")
}

/// Runs `migrators` in order, after the kit's own, as the owner of all schemas.
///
/// # Errors
/// Says what could not be done; what was done before stays done and is not repeated.
pub async fn run(
    admin: &PgConnectOptions,
    passwords: &[RolePassword],
    migrators: &[&Migrator],
) -> Result<(), Error> {
    let mut connection = admin
        .clone()
        .log_statements(tracing::log::LevelFilter::Trace)
        .connect()
        .await
        .map_err(Error::Connect)?;
    check(&mut connection).await?;
    sqlx::query("select pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await
        .map_err(Error::Connect)?;
    prepare_roles_patiently(&mut connection, passwords)
        .await
        .map_err(Error::Roles)?;
    connection
        .execute(AssertSqlSafe(format!("set role {OWNER}")))
        .await
        .map_err(Error::Roles)?;
    for migrator in std::iter::once(&EVENTS).chain(migrators.iter().copied()) {
        migrator.run(&mut connection).await?;
    }
    // Ends the session and with it the lock.
    connection.close().await.map_err(Error::Connect)
}

async fn check(connection: &mut PgConnection) -> Result<(), Error> {
    let (encoding, number, version): (String, i32, String) = sqlx::query_as(
        "select pg_encoding_to_char(encoding), current_setting('server_version_num')::int, \
         current_setting('server_version') from pg_database where datname = current_database()",
    )
    .fetch_one(connection)
    .await
    .map_err(Error::Connect)?;
    if encoding != "UTF8" {
        return Err(Error::Encoding(encoding));
    }
    if number < 150_000 {
        return Err(Error::Version(version));
    }
    Ok(())
}

/// Roles belong to the cluster, our lock to one database of it: the migration of another
/// database may change the same role at the same moment, which Postgres answers with an
/// internal error, "tuple concurrently updated", or with a key of the catalogue that is taken.
async fn prepare_roles_patiently(
    connection: &mut PgConnection,
    passwords: &[RolePassword],
) -> Result<(), sqlx::Error> {
    for attempt in 1.. {
        match prepare_roles(connection, passwords).await {
            Err(error) if attempt < ROLE_ATTEMPTS && met_another(&error) => {
                tracing::debug!(%error, attempt, "another migration changes the same role");
                tokio::time::sleep(Duration::from_millis(20) * attempt).await;
            }
            result => return result,
        }
    }
    Ok(())
}

fn met_another(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| {
        let is_of_catalogue = |name: &str| name.starts_with("pg_");
        match e.code().as_deref() {
            Some("XX000") => e.message().contains("concurrently"),
            Some("23505") => e.constraint().is_some_and(is_of_catalogue),
            _ => false,
        }
    })
}

async fn prepare_roles(
    connection: &mut PgConnection,
    passwords: &[RolePassword],
) -> Result<(), sqlx::Error> {
    create_role(connection, OWNER, "nologin").await?;
    for service in SERVICES {
        create_role(connection, &role(service), "login").await?;
    }
    for RolePassword { service, password } in passwords {
        if let Some(password) = password {
            let quoted: String = sqlx::query_scalar("select quote_literal($1)")
                .bind(password.expose_secret())
                .fetch_one(&mut *connection)
                .await?;
            let sql = format!("alter role {} password {quoted}", role(service));
            connection.execute(AssertSqlSafe(sql)).await?;
        }
    }
    let database: String = sqlx::query_scalar("select quote_ident(current_database())")
        .fetch_one(&mut *connection)
        .await?;
    let sql = format!(
        "grant {OWNER} to current_user; grant create, connect, temporary on database {database} to {OWNER}"
    );
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

/// Roles belong to the cluster: another database's migration may create one meanwhile.
async fn create_role(
    connection: &mut PgConnection,
    name: &str,
    login: &str,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "do $$ begin \
           if not exists (select from pg_roles where rolname = '{name}') then \
             create role {name} {login} nosuperuser nobypassrls nocreatedb nocreaterole; \
           end if; \
         exception when duplicate_object or unique_violation then null; \
         end $$"
    );
    connection.execute(AssertSqlSafe(sql)).await?;
    if login == "login" {
        // Set here and not by startup options, which a pooler in between ignores.
        let sql = format!(
            "alter role {name} set statement_timeout = '15s'; \
             alter role {name} set lock_timeout = '5s'; \
             alter role {name} set idle_in_transaction_session_timeout = '30s'"
        );
        connection.execute(AssertSqlSafe(sql)).await?;
    }
    Ok(())
}
