//! Imports: accounts with their contacts in chunks, each of which is one transaction that
//! also says how far the import is.

mod accounts;
mod chunk;
mod contacts;
pub mod create;
mod duplicates;
pub mod finish;
mod job;
pub mod read;
pub mod refusal;
pub mod results;
mod tally;
pub mod upload;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{self as proto, ImportChanged, ImportState};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use self::refusal::Refusal;
use crate::account::tree;
use crate::contact::lines;
use crate::error::Error;
use crate::ids::ImportId;

/// A row of `accounts.import`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub id: Uuid,
    pub version: i64,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub record: proto::Import,
}

/// What the database answers for an import.
struct Stored {
    id: Uuid,
    version: i64,
    owner_id: Option<Uuid>,
    team_id: Option<Uuid>,
    record: Vec<u8>,
}

impl Stored {
    fn read(self) -> Result<Import, Error> {
        let record = proto::Import::decode(self.record.as_slice());
        Ok(Import {
            id: self.id,
            version: self.version,
            owner_id: self.owner_id,
            team_id: self.team_id,
            record: record.map_err(keynode_kit::error::Fault::internal)?,
        })
    }
}

impl Import {
    pub fn name(&self) -> ImportId {
        ImportId(self.id)
    }

    fn is_open(&self) -> bool {
        self.record.state() == ImportState::Open
    }

    /// The next version of the import, with another record.
    fn changed(&self, record: proto::Import, now: Timestamp) -> Self {
        let version = self.version + 1;
        Self {
            version,
            record: proto::Import {
                etag: version.to_string(),
                update_time: Some(wire::timestamp(now)),
                ..record
            },
            ..self.clone()
        }
    }
}

/// Reads an import that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: ImportId,
) -> Result<Import, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let row = sqlx::query_as!(
        Stored,
        "select id, version, owner_id, team_id, record from accounts.import
         where id = $1 and ($2 or owner_id = $3 or team_id = any($4) or creator = $5)",
        id.0,
        all,
        me,
        &teams,
        call.principal.subject,
    );
    match row.fetch_optional(connection).await? {
        Some(row) => row.read(),
        None => Err(Refusal::NotFound(id).into()),
    }
}

/// Reads an import that takes rows, and keeps other writers away until the transaction ends.
///
/// The turns to change the groups of accounts and the charts are taken first, as whatever
/// changes accounts by their keys does. They are also why an import needs no turn of its own.
async fn lock(connection: &mut PgConnection, call: &Call, id: ImportId) -> Result<Import, Error> {
    tree::lock(connection).await?;
    lines::lock(connection).await?;
    sqlx::query!(
        "select id from accounts.import where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let import = find(connection, call, id).await?;
    match import.is_open() {
        true => Ok(import),
        false => Err(Refusal::Closed(id).into()),
    }
}

/// Stores what an import is now, with its event.
async fn store(w: &mut Writer<'_>, before: &Import, after: &Import) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.import set version = $2, state = $3, record = $4 where id = $1",
        after.id,
        after.version,
        after.record.state,
        after.record.encode_to_vec(),
    )
    .execute(&mut **w)
    .await?;
    let change = ImportChanged {
        before: Some(before.record.clone()),
        after: Some(after.record.clone()),
    };
    w.record(after.name().to_string(), after.version, &change);
    Ok(())
}
