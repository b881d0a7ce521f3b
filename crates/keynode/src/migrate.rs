//! `keynode migrate`: brings the database to what this release needs.

use std::time::Duration;

use anyhow::{Context as _, bail};
use keynode_kit::migrate;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::settings::Settings;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// Every service's tables, in an order in which they can be made.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let admin = settings.database.admin_options()?;
    reach(&admin, CONNECT_WITHIN).await?;
    let migrators = [
        &keynode_accounts::MIGRATOR,
        &keynode_pipeline::MIGRATOR,
        &keynode_scoring::MIGRATOR,
        &keynode_notification::MIGRATOR,
    ];
    match migrate::run(&admin, &settings.database.passwords.for_roles(), &migrators).await {
        Err(error @ migrate::Error::Migrate(MigrateError::VersionMissing(_))) => Err(error).context(
            "the database was migrated by a newer release than this one; use that release, or restore \
             a backup from before it",
        ),
        result => Ok(result?),
    }
}

/// Connects once within a limit. What follows has none: it may wait long for another
/// migration to end.
async fn reach(admin: &PgConnectOptions, within: Duration) -> anyhow::Result<()> {
    let connected = tokio::time::timeout(within, PgConnection::connect_with(admin)).await;
    let Ok(connected) = connected else {
        bail!(
            "the database at {}:{} does not answer within {} s; check database.admin_url and the network",
            admin.get_host(),
            admin.get_port(),
            within.as_secs_f32(),
        );
    };
    let connection = connected.map_err(migrate::Error::Connect)?;
    // Bounded too, and of no matter: it is closed when it is dropped at the latest.
    let _ = tokio::time::timeout(within, connection.close()).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_says_nothing_is_named_in_time() {
        let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let port = silent.local_addr().unwrap().port();
        let admin = PgConnectOptions::new().host("127.0.0.1").port(port);
        let said = reach(&admin, Duration::from_millis(200)).await.unwrap_err();
        let said = said.to_string();
        assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    }
}
