//! A real Postgres for tests: one throwaway cluster per test process, a database each.

mod cluster;
mod server;

use std::collections::HashSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;

pub use self::server::{Caller, TestServer, tenant, unreachable_peer};

use self::cluster::Cluster;
use crate::embedded::quote_identifier;

/// The templates that are migrated. Held while a database is made, because Postgres
/// refuses to copy a template that somebody else is connected to.
static TEMPLATES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database of one test; dropped with it.
#[derive(Debug)]
pub struct TestDatabase {
    /// The superuser's address of this database.
    pub superuser_url: String,
    pub name: String,
    admin_url: String,
}

/// A new database, copied from `template`. The first caller in this process migrates the
/// template: `migrate` gets the superuser's address of it. Roles belong to the whole
/// cluster, so `migrate` must bear roles that exist.
///
/// # Panics
/// If there is no Postgres: a test cannot go on without.
pub async fn database(template: &'static str, migrate: impl AsyncFnOnce(&str)) -> TestDatabase {
    let cluster = cluster::shared().await;
    let mut migrated = TEMPLATES.lock().await;
    if !migrated.contains(template) {
        make_template(cluster, template, migrate).await;
        migrated.insert(template);
    }
    let name = format!("{template}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let copy = format!(
        "create database {} template {}",
        quote_identifier(&name),
        quote_identifier(&template_name(template))
    );
    execute(&cluster.superuser_url, copy)
        .await
        .expect("a migrated template can be copied");
    TestDatabase {
        superuser_url: cluster.url_of(&name),
        name,
        admin_url: cluster.superuser_url.clone(),
    }
}

impl TestDatabase {
    /// The address of this database for a role.
    pub fn url_for(&self, role: &str, password: &str) -> String {
        let address = self
            .superuser_url
            .split_once('@')
            .map_or("", |(_, address)| address);
        format!(
            "postgres://{}:{}@{address}",
            percent_encoded(role),
            percent_encoded(password)
        )
    }
}

/// Dropped on a thread of its own: the test's runtime is ending, and the test's pools
/// may still be connected. Whatever remains goes with the cluster.
impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = self.admin_url.clone();
        let statement = format!(
            "drop database if exists {} with (force)",
            quote_identifier(&self.name)
        );
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.map(|runtime| runtime.block_on(execute(&url, statement)))
        });
    }
}

async fn make_template(cluster: &Cluster, template: &str, migrate: impl AsyncFnOnce(&str)) {
    let name = template_name(template);
    let quoted = quote_identifier(&name);
    // One is there already if an earlier caller failed half-way.
    for statement in [
        format!("drop database if exists {quoted} with (force)"),
        format!("create database {quoted}"),
    ] {
        execute(&cluster.superuser_url, statement)
            .await
            .expect("a template can be made");
    }
    migrate(&cluster.url_of(&name)).await;
    let close = format!("alter database {quoted} with allow_connections false");
    let disconnect = format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'",
        name.replace('\'', "''")
    );
    for statement in [close, disconnect] {
        execute(&cluster.superuser_url, statement)
            .await
            .expect("a template can be closed");
    }
}

fn template_name(template: &str) -> String {
    format!("template_{template}")
}

async fn execute(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| {
        if is_plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
