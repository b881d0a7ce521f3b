//! Which version scores open deals.

use sqlx::PgConnection;

use super::id::{VersionName, WinModelId};
use crate::error::Error;

/// The subject of the events that tell of it.
pub(super) const SUBJECT: &str = "winModels/-";

/// The version in production; none = deals are not scored.
pub(crate) async fn current(connection: &mut PgConnection) -> Result<Option<VersionName>, Error> {
    let row = sqlx::query!("select model_id, model_version from scoring.win_production")
        .fetch_optional(connection)
        .await?;
    let named = row.and_then(|row| row.model_id.zip(row.model_version));
    Ok(named.map(|(model, version)| VersionName {
        model: WinModelId::stored(model),
        version,
    }))
}

/// Puts a version, or none, into production and answers how often that changed. Whoever calls has
/// taken the turn of [`SUBJECT`].
pub(super) async fn set(
    connection: &mut PgConnection,
    name: Option<&VersionName>,
) -> Result<i64, Error> {
    let version = sqlx::query_scalar!(
        "insert into scoring.win_production as p (tenant_id, model_id, model_version, version)
         values (events.tenant_id(), $1, $2, 1)
         on conflict (tenant_id) do update
           set model_id = $1, model_version = $2, version = p.version + 1
         returning version",
        name.map(|name| name.model.as_str()),
        name.map(|name| name.version),
    )
    .fetch_one(connection)
    .await?;
    Ok(version)
}
