//! Segments of the market: declared by criteria, their members found by them (R18).

pub mod archive;
pub mod computation;
pub mod create;
pub mod criteria;
mod facts;
pub mod members;
pub mod membership;
pub mod read;
pub mod refusal;
pub mod results;
pub mod rule;
pub mod tree;
pub mod update;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::log;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use self::refusal::Refusal;
use crate::error::Error;
use crate::ids::SegmentId;
use crate::mask::maskable;
use crate::versioned::versioned;

/// A row of `accounts.segment`.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub description: String,
    pub parent_id: Option<Uuid>,
    /// As [`criteria::encode`] writes them.
    pub criteria: Vec<u8>,
    pub archived_at: Option<jiff_sqlx::Timestamp>,
}

maskable!(proto::Segment: display_name, description, criteria, parent);

versioned!(Segment);

impl Segment {
    /// A segment about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            description: String::new(),
            parent_id: None,
            criteria: Vec::new(),
            archived_at: None,
        }
    }

    /// The same segment with what a caller says of it.
    pub fn told(&self, sent: &proto::Segment, bad: &mut Violations) -> Self {
        criteria::read("segment.criteria", &sent.criteria, bad);
        Self {
            display_name: bad.name_text("segment.display_name", &sent.display_name, 200),
            description: bad.text("segment.description", &sent.description, 4000),
            parent_id: bad
                .optional_name::<SegmentId>("segment.parent", &sent.parent)
                .map(|id| id.0),
            criteria: criteria::encode(&sent.criteria),
            ..self.clone()
        }
    }

    pub fn name(&self) -> SegmentId {
        SegmentId(self.id)
    }

    pub fn to_proto(&self) -> proto::Segment {
        let moment = |at: jiff_sqlx::Timestamp| wire::timestamp(at.to_jiff());
        proto::Segment {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(moment(self.created_at)),
            update_time: Some(moment(self.updated_at)),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            criteria: criteria::decode(&self.criteria),
            parent: optional::<SegmentId>(self.parent_id),
            archive_time: self.archived_at.map(moment),
        }
    }

    /// Refuses to work on one that is archived.
    pub fn in_use(self) -> Result<Self, Error> {
        match self.archived_at {
            None => Ok(self),
            Some(_) => Err(Refusal::SegmentArchived(self.name()).into()),
        }
    }
}

/// Reads one segment.
pub async fn find(connection: &mut PgConnection, id: SegmentId) -> Result<Segment, Error> {
    find_all(connection, &[id.0])
        .await?
        .pop()
        .ok_or_else(|| Refusal::SegmentNotFound(id).into())
}

/// Reads segments by id, in no order.
pub async fn find_all(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Segment>, Error> {
    let rows = sqlx::query_as!(
        Segment,
        "select id, version, created_at, updated_at, display_name, description, parent_id, criteria, archived_at
         from accounts.segment where id = any($1)",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Reads the segments in use, the oldest first; there are not many.
pub async fn find_in_use(connection: &mut PgConnection) -> Result<Vec<Segment>, Error> {
    let rows = sqlx::query_as!(
        Segment,
        "select id, version, created_at, updated_at, display_name, description, parent_id, criteria, archived_at
         from accounts.segment where archived_at is null order by id",
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Reads one segment and keeps other writers away until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: SegmentId) -> Result<Segment, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.segment where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, id).await
}

/// Stores a segment that changed.
async fn store(connection: &mut PgConnection, segment: &Segment) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.segment
         set version = $2, updated_at = $3, display_name = $4, description = $5, parent_id = $6, criteria = $7,
             archived_at = $8
         where id = $1",
        segment.id,
        segment.version,
        segment.updated_at as _,
        segment.display_name,
        segment.description,
        segment.parent_id,
        segment.criteria,
        segment.archived_at as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
