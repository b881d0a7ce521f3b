//! Reads whole maps.

use std::collections::HashMap;

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{DecisionMap, Header, criterion, influence, insider, stakeholder};
use crate::error::Error;
use crate::ids::{AccountId, MapId};

/// Reads the map of an opportunity, if there is one.
pub async fn find(connection: &mut PgConnection, id: MapId) -> Result<Option<DecisionMap>, Error> {
    let header = sqlx::query_as!(
        Header,
        "select opportunity_id, version, created_at, updated_at, account_id, complete, competitors
         from accounts.decision_map where opportunity_id = $1",
        id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    Ok(load(connection, header.into_iter().collect()).await?.pop())
}

/// The maps with these headers, in their order.
pub async fn load(
    connection: &mut PgConnection,
    headers: Vec<Header>,
) -> Result<Vec<DecisionMap>, Error> {
    let ids: Vec<Uuid> = headers.iter().map(|header| header.opportunity_id).collect();
    let mut stakeholders = by_map(stakeholder::find_all(connection, &ids).await?);
    let mut influences = by_map(influence::find_all(connection, &ids).await?);
    let mut criteria = by_map(criterion::find_all(connection, &ids).await?);
    let mut maps = Vec::with_capacity(headers.len());
    for header in headers {
        let id = header.opportunity_id;
        let mut map = DecisionMap {
            header,
            stakeholders: stakeholders.remove(&id).unwrap_or_default(),
            influences: influences.remove(&id).unwrap_or_default(),
            criteria: criteria.remove(&id).unwrap_or_default(),
        };
        insider::number_all(connection, &mut map).await?;
        maps.push(map);
    }
    Ok(maps)
}

fn by_map<T>(rows: Vec<(Uuid, T)>) -> HashMap<Uuid, Vec<T>> {
    let mut maps: HashMap<Uuid, Vec<T>> = HashMap::new();
    for (map, row) in rows {
        maps.entry(map).or_default().push(row);
    }
    maps
}

/// Reads the map unless there is none. One that the caller does not see is an error.
pub async fn find_unless_hidden(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
) -> Result<Option<DecisionMap>, Error> {
    let Some(map) = find(connection, id).await? else {
        return Ok(None);
    };
    match sees(connection, call, AccountId(map.header.account_id)).await? {
        true => Ok(Some(map)),
        false => Err(Error::MapNotFound(id)),
    }
}

/// Reads a map that the caller sees.
pub async fn find_visible(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
) -> Result<DecisionMap, Error> {
    find_unless_hidden(connection, call, id)
        .await?
        .ok_or(Error::MapNotFound(id))
}

/// Reads the maps of these opportunities that the caller sees.
pub async fn find_seen(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[MapId],
) -> Result<Vec<DecisionMap>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let headers = sqlx::query_as!(
        Header,
        "select m.opportunity_id, m.version, m.created_at, m.updated_at, m.account_id, m.complete, m.competitors
         from accounts.decision_map m
         join accounts.account a on a.tenant_id = m.tenant_id and a.id = m.account_id
         where m.opportunity_id = any($1) and ($2 or a.owner_id = $3 or a.team_id = any($4))
         order by m.opportunity_id",
        &ids,
        all,
        me,
        &teams,
    )
    .fetch_all(&mut *connection)
    .await?;
    load(connection, headers).await
}

/// Whether the caller sees a map, without reading it.
pub async fn check_visible(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
) -> Result<(), Error> {
    let account = sqlx::query_scalar!(
        "select account_id from accounts.decision_map where opportunity_id = $1",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let account = AccountId(account.ok_or(Error::MapNotFound(id))?);
    match sees(connection, call, account).await? {
        true => Ok(()),
        false => Err(Error::MapNotFound(id)),
    }
}

/// Who sees the account sees its maps.
async fn sees(
    connection: &mut PgConnection,
    call: &Call,
    account: AccountId,
) -> Result<bool, Error> {
    let account = crate::account::find(connection, call, account).await;
    match account {
        Ok(_) => Ok(true),
        Err(Error::AccountNotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Header, people and influences must be of one version: without this, each query would
/// see what was committed meanwhile. To be called before anything is read.
pub async fn take_snapshot(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("set transaction isolation level repeatable read")
        .execute(connection)
        .await?;
    Ok(())
}
