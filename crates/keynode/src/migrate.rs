//! `keynode migrate`: brings the database to what this release needs.

use anyhow::Context as _;
use keynode_kit::migrate;
use sqlx::migrate::MigrateError;

use crate::settings::Settings;

/// Every service's tables, in an order in which they can be made.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let admin = settings.database.admin_options()?;
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
