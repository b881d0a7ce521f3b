//! Decision maps: who decides on an opportunity, and who influences them (R20-R23).

pub mod complete;
pub mod create;
pub mod influence;
pub mod read;
pub mod remove_influence;
pub mod remove_stakeholder;
pub mod set_influence;
pub mod set_stakeholder;
pub mod stakeholder;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use self::influence::Influence;
use self::stakeholder::Stakeholder;
use crate::error::Error;
use crate::ids::{AccountId, MapId};

/// A row of `accounts.decision_map`.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub opportunity_id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub account_id: Uuid,
    pub complete: bool,
}

/// A whole map, people and influences in the order in which they were added.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionMap {
    pub header: Header,
    pub stakeholders: Vec<Stakeholder>,
    pub influences: Vec<Influence>,
}

/// What the weights of a complete map total, per cent (R21).
pub const WHOLE: i64 = 100;

impl DecisionMap {
    pub fn name(&self) -> MapId {
        MapId(self.header.opportunity_id)
    }

    pub fn to_proto(&self) -> proto::DecisionMap {
        proto::DecisionMap {
            name: self.name().to_string(),
            etag: self.header.version.to_string(),
            version: self.header.version,
            create_time: Some(wire::timestamp(self.header.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.header.updated_at.to_jiff())),
            account: AccountId(self.header.account_id).to_string(),
            complete: self.header.complete,
            stakeholders: self
                .stakeholders
                .iter()
                .map(Stakeholder::to_proto)
                .collect(),
            influences: self.influences.iter().map(Influence::to_proto).collect(),
        }
    }

    /// The sum of the weights that are known, per cent.
    pub fn total_weight(&self) -> i64 {
        self.stakeholders
            .iter()
            .filter_map(|person| person.weight)
            .map(i64::from)
            .sum()
    }

    /// The map as the next version. One whose weights no longer total 100 is a draft.
    fn next(mut self, now: Timestamp) -> Self {
        self.header.version += 1;
        self.header.updated_at = now.to_sqlx();
        self.header.complete &= self.total_weight() == WHOLE;
        self
    }
}

/// Reads the map of an opportunity, if there is one.
pub async fn find(connection: &mut PgConnection, id: MapId) -> Result<Option<DecisionMap>, Error> {
    let header = sqlx::query_as!(
        Header,
        "select opportunity_id, version, created_at, updated_at, account_id, complete
         from accounts.decision_map where opportunity_id = $1",
        id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(header) = header else {
        return Ok(None);
    };
    let stakeholders = stakeholder::find_all(connection, &header).await?;
    let influences = influence::find_all(connection, id).await?;
    Ok(Some(DecisionMap {
        header,
        stakeholders,
        influences,
    }))
}

/// Whether the caller sees the account of the map.
pub async fn is_visible(
    connection: &mut PgConnection,
    call: &Call,
    map: &DecisionMap,
) -> Result<bool, Error> {
    let account = crate::account::find(connection, call, AccountId(map.header.account_id)).await;
    match account {
        Ok(_) => Ok(true),
        Err(Error::AccountNotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a map that the caller sees.
pub async fn find_visible(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
) -> Result<DecisionMap, Error> {
    let map = find(connection, id).await?.ok_or(Error::MapNotFound(id))?;
    match is_visible(connection, call, &map).await? {
        true => Ok(map),
        false => Err(Error::MapNotFound(id)),
    }
}

/// The map to be changed, with other writers kept away until the transaction ends.
async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
    etag: &str,
) -> Result<DecisionMap, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select opportunity_id from accounts.decision_map where opportunity_id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let map = find_visible(connection, call, id).await?;
    etag::check(&id.to_string(), etag, map.header.version)?;
    Ok(map)
}

/// Stores the header of the next version, and the event; answers the map as it is now.
async fn commit(
    w: &mut Writer<'_>,
    before: &DecisionMap,
    after: DecisionMap,
) -> Result<DecisionMap, Error> {
    sqlx::query!(
        "update accounts.decision_map set version = $2, updated_at = $3, complete = $4 where opportunity_id = $1",
        after.header.opportunity_id,
        after.header.version,
        after.header.updated_at as _,
        after.header.complete,
    )
    .execute(&mut **w)
    .await?;
    let change = proto::DecisionMapChanged {
        before: Some(before.to_proto()),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.header.version, &change);
    Ok(after)
}
