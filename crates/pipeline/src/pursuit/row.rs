//! From when on the cost of pursuit is out of proportion, in the database.

use sqlx::PgConnection;

use super::summary::Settings;

/// What the tenant decided, or the defaults.
///
/// # Errors
/// When the database does not answer.
pub async fn settings(connection: &mut PgConnection) -> Result<Settings, sqlx::Error> {
    let row = sqlx::query!(
        "select warn_percent, alarm_percent, default_margin_percent, revision from pipeline.pursuit_setting"
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or_else(Settings::default, |row| Settings {
        warn: row.warn_percent,
        alarm: row.alarm_percent,
        default_margin: row.default_margin_percent,
        revision: row.revision,
    }))
}

/// Decides it.
///
/// # Errors
/// When the database does not answer.
pub async fn save(connection: &mut PgConnection, settings: &Settings) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.pursuit_setting (warn_percent, alarm_percent, default_margin_percent, revision)
         values ($1, $2, $3, $4)
         on conflict (tenant_id) do update
         set warn_percent = excluded.warn_percent, alarm_percent = excluded.alarm_percent,
             default_margin_percent = excluded.default_margin_percent, revision = excluded.revision",
        settings.warn,
        settings.alarm,
        settings.default_margin,
        settings.revision,
    )
    .execute(connection)
    .await?;
    Ok(())
}
