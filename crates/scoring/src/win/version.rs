//! Versions of win models as they are stored: they never change.

use keynode_kit::error::Fault;
use keynode_kit::page::Page;
use keynode_proto::scoring::v1::WinModelVersion;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::id::{Chosen, VersionName, WinModelId};
use super::production;
use super::wire;
use crate::error::Error;
use crate::learn::Model;

/// A version, and the model by which deals are scored.
pub(crate) struct Stored {
    pub version: WinModelVersion,
    pub model: Model,
}

/// The version that a caller means.
pub(super) async fn choose(
    connection: &mut PgConnection,
    chosen: &Chosen,
) -> Result<Stored, Error> {
    let name = match chosen {
        Chosen::Version(name) => Some(name.clone()),
        Chosen::Newest(model) => newest(connection, model).await?,
        Chosen::Production => {
            let current = production::current(connection).await?;
            Some(current.ok_or(Error::WinModelNotInProduction)?)
        }
    };
    let not_found = || Error::WinModelNotFound(chosen.to_string());
    let name = name.ok_or_else(not_found)?;
    find(connection, &name).await?.ok_or_else(not_found)
}

/// A version with its factors; `production` says whether it is in production now.
pub(super) async fn find(
    connection: &mut PgConnection,
    name: &VersionName,
) -> Result<Option<Stored>, Error> {
    let row = sqlx::query!(
        "select record, factors, parameters from scoring.win_model_version
         where model_id = $1 and version = $2",
        name.model.as_str(),
        name.version,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let in_production = production::current(connection).await?;
    let factors = decode(&row.factors)?.factors;
    let version = WinModelVersion {
        factors,
        production: in_production.as_ref() == Some(name),
        ..decode(&row.record)?
    };
    let model = Model::from_bytes(&row.parameters).map_err(Fault::internal)?;
    Ok(Some(Stored { version, model }))
}

/// The newest version under a key; none = there is no such key.
pub(super) async fn newest(
    connection: &mut PgConnection,
    model: &WinModelId,
) -> Result<Option<VersionName>, Error> {
    let newest = sqlx::query_scalar!(
        "select max(version) from scoring.win_model_version where model_id = $1",
        model.as_str(),
    )
    .fetch_one(connection)
    .await?;
    Ok(newest.map(|version| VersionName {
        model: model.clone(),
        version,
    }))
}

/// A page of versions without their factors, newest first.
pub(super) async fn list(
    connection: &mut PgConnection,
    model: Option<&WinModelId>,
    page: &Page,
) -> Result<(Vec<WinModelVersion>, String), Error> {
    let rows = sqlx::query!(
        "select key, record from scoring.win_model_version
         where ($1::text is null or model_id = $1) and ($2::uuid is null or key < $2)
         order by key desc
         limit $3",
        model.map(WinModelId::as_str),
        page.after,
        page.fetch(),
    )
    .fetch_all(&mut *connection)
    .await?;
    let in_production = production::current(connection).await?;
    let in_production = in_production.map(|name| name.to_string());
    let (rows, token) = page.close(rows, |row| row.key);
    let read = |record: &[u8]| -> Result<WinModelVersion, Error> {
        let version = decode(record)?;
        Ok(WinModelVersion {
            production: in_production.as_ref() == Some(&version.name),
            ..version
        })
    };
    let versions: Result<_, _> = rows.iter().map(|row| read(&row.record)).collect();
    Ok((versions?, token))
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    name: &VersionName,
    key: Uuid,
    version: &WinModelVersion,
    model: &Model,
) -> Result<(), Error> {
    let factors = WinModelVersion {
        factors: version.factors.clone(),
        ..WinModelVersion::default()
    };
    sqlx::query!(
        "insert into scoring.win_model_version
           (tenant_id, model_id, version, key, record, factors, parameters)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6)",
        name.model.as_str(),
        name.version,
        key,
        wire::in_short(version).encode_to_vec(),
        factors.encode_to_vec(),
        model.to_bytes(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn decode(record: &[u8]) -> Result<WinModelVersion, Error> {
    WinModelVersion::decode(record).map_err(|error| Fault::internal(error).into())
}
