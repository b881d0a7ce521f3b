//! Declarations as they lie in the database.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use prost::Message as _;
use sqlx::PgConnection;

use super::name;
use super::values::Declarations;
use crate::error::Error;

/// A declaration and when it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attribute {
    pub id: String,
    pub version: i64,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// With nothing but what is declared.
    pub declaration: proto::Attribute,
}

impl Attribute {
    pub fn to_proto(&self) -> proto::Attribute {
        proto::Attribute {
            name: name(&self.id),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created)),
            update_time: Some(wire::timestamp(self.updated)),
            ..self.declaration.clone()
        }
    }
}

/// Every attribute that the tenant declares, by id.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Attribute>, Error> {
    let rows = sqlx::query!(
        "select id, version, created_at, updated_at, declaration from pipeline.attribute order by id"
    )
    .fetch_all(connection)
    .await?;
    let read = |declaration: Vec<u8>| proto::Attribute::decode(declaration.as_slice());
    rows.into_iter()
        .map(|row| {
            Ok(Attribute {
                id: row.id,
                version: row.version,
                created: row.created_at.to_jiff(),
                updated: row.updated_at.to_jiff(),
                declaration: read(row.declaration).map_err(Fault::internal)?,
            })
        })
        .collect()
}

/// The same, as values are judged by them.
///
/// # Errors
/// When the database does not answer.
pub async fn declared(connection: &mut PgConnection) -> Result<Declarations, Error> {
    let all = all(connection).await?;
    Ok(all.into_iter().map(|it| (it.id, it.declaration)).collect())
}

/// Reads one declaration.
pub(super) async fn find(connection: &mut PgConnection, id: &str) -> Result<Attribute, Error> {
    let found = all(connection).await?.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| Error::AttributeNotFound(name(id)))
}

/// The same, with other writers kept away until the transaction ends.
pub(super) async fn lock(connection: &mut PgConnection, id: &str) -> Result<Attribute, Error> {
    log::take_turn(connection, &[name(id)]).await?;
    find(connection, id).await
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    attribute: &Attribute,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.attribute (id, version, created_at, updated_at, declaration)
         values ($1, $2, $3, $4, $5)",
        attribute.id,
        attribute.version,
        attribute.created.to_sqlx() as _,
        attribute.updated.to_sqlx() as _,
        attribute.declaration.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn store(
    connection: &mut PgConnection,
    attribute: &Attribute,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update pipeline.attribute set version = $2, updated_at = $3, declaration = $4 where id = $1",
        attribute.id,
        attribute.version,
        attribute.updated.to_sqlx() as _,
        attribute.declaration.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
