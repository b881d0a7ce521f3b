//! Reads a map, and says what it means.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AnalyzeDecisionMapRequest, AnalyzeDecisionMapResponse, DecisionMapAnalysis,
    GetDecisionMapRequest, GetDecisionMapResponse,
};
use sqlx::PgConnection;

use super::influence::Influence;
use super::stakeholder::Stakeholder;
use super::{DecisionMap, find, find_visible, is_visible};
use crate::Accounts;
use crate::analysis;
use crate::error::Error;
use crate::ids::MapId;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetDecisionMapRequest,
) -> Result<GetDecisionMapResponse, Error> {
    let id = read_name(&request.name)?;
    let map = service
        .read(call, async |tx: &mut Tx| {
            take_snapshot(tx).await?;
            find_visible(tx, call, id).await
        })
        .await?;
    Ok(GetDecisionMapResponse {
        decision_map: Some(map.to_proto()),
    })
}

pub async fn analyze(
    service: &Accounts,
    call: &Call,
    request: AnalyzeDecisionMapRequest,
) -> Result<AnalyzeDecisionMapResponse, Error> {
    let id = read_name(&request.name)?;
    let map = service
        .read(call, async |tx: &mut Tx| {
            find_unless_hidden(tx, call, id).await
        })
        .await?;
    let analysis = map
        .as_ref()
        .map(analysis_of)
        .unwrap_or_else(|| analysis::analyze(&[], &[]));
    let map_version = map.map_or(0, |map| map.header.version);
    let analysis = DecisionMapAnalysis {
        map: id.to_string(),
        map_version,
        ..analysis
    };
    Ok(AnalyzeDecisionMapResponse {
        analysis: Some(analysis),
    })
}

fn analysis_of(map: &DecisionMap) -> DecisionMapAnalysis {
    let people: Vec<_> = map
        .stakeholders
        .iter()
        .map(Stakeholder::for_analysis)
        .collect();
    let influences: Vec<_> = map.influences.iter().map(Influence::to_proto).collect();
    analysis::analyze(&people, &influences)
}

/// No map is an answer; one that the caller does not see is none.
async fn find_unless_hidden(
    connection: &mut PgConnection,
    call: &Call,
    id: MapId,
) -> Result<Option<DecisionMap>, Error> {
    take_snapshot(connection).await?;
    let Some(map) = find(connection, id).await? else {
        return Ok(None);
    };
    match is_visible(connection, call, &map).await? {
        true => Ok(Some(map)),
        false => Err(Error::MapNotFound(id)),
    }
}

/// Header, people and influences must be of one version: without this, each query would
/// see what was committed meanwhile.
async fn take_snapshot(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("set transaction isolation level repeatable read")
        .execute(connection)
        .await?;
    Ok(())
}

fn read_name(name: &str) -> Result<MapId, Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", name);
    bad.finish()?;
    Ok(id)
}
