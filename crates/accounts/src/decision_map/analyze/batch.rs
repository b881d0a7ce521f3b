//! `BatchAnalyzeDecisionMaps`: many maps in as many statements as one.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AnalyzedDecisionMap, BatchAnalyzeDecisionMapsRequest, BatchAnalyzeDecisionMapsResponse,
    DecisionMapAnalysis,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Drawn;
use crate::Accounts;
use crate::decision_map::{DecisionMap, load, mask, shown};
use crate::error::Error;
use crate::ids::MapId;

const MAX_BATCH: usize = 100;

pub async fn batch(
    service: &Accounts,
    call: &Call,
    request: BatchAnalyzeDecisionMapsRequest,
) -> Result<BatchAnalyzeDecisionMapsResponse, Error> {
    let ids = read(&request)?;
    let (maps, mut departments) = service
        .read(call, async |tx: &mut Tx| {
            load::take_snapshot(tx).await?;
            let maps = load::find_seen(tx, call, &ids).await?;
            let accounts: Vec<Uuid> = maps.iter().map(|map| map.header.account_id).collect();
            let departments = departments_of(tx, &accounts).await?;
            Ok::<_, Error>((maps, departments))
        })
        .await?;
    let mut maps: HashMap<Uuid, DecisionMap> = maps
        .into_iter()
        .map(|map| (map.header.opportunity_id, map))
        .collect();
    let settings = service.settings.for_analysis();
    let analyzed = ids.iter().map(|id| {
        let map = maps.remove(&id.0);
        let drawn = map.map(|map| {
            let departments = departments.entry(map.header.account_id).or_default();
            let told = shown(call, map.shown_to(call));
            let told = if request.masked {
                mask::masked(told)
            } else {
                told
            };
            Drawn::new(&map, told, departments.clone())
        });
        let nothing_known = Drawn::default();
        let analysis = drawn.as_ref().unwrap_or(&nothing_known).analyze(&settings);
        AnalyzedDecisionMap {
            analysis: Some(DecisionMapAnalysis {
                map: id.to_string(),
                ..analysis
            }),
            decision_map: drawn.map(|drawn| drawn.map),
        }
    });
    Ok(BatchAnalyzeDecisionMapsResponse {
        maps: analyzed.collect(),
    })
}

fn read(request: &BatchAnalyzeDecisionMapsRequest) -> Result<Vec<MapId>, Error> {
    let mut bad = Violations::default();
    let count = request.names.len();
    if !(1..=MAX_BATCH).contains(&count) {
        bad.add("names", format!("must be 1 to {MAX_BATCH}, are {count}"));
    }
    let (mut seen, mut ids) = (HashSet::new(), Vec::new());
    for (index, name) in request.names.iter().take(MAX_BATCH).enumerate() {
        let field = format!("names[{index}]");
        ids.push(bad.name(&field, name));
        if !seen.insert(name) {
            bad.add(field, "must be named once");
        }
    }
    bad.finish()?;
    Ok(ids)
}

/// The departments that the contacts of each of these customers name.
async fn departments_of(
    connection: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>, Error> {
    let rows = sqlx::query!(
        "select distinct account_id, department from accounts.contact
         where account_id = any($1) and department <> ''
         order by account_id, department",
        accounts,
    )
    .fetch_all(connection)
    .await?;
    let mut departments: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in rows {
        departments
            .entry(row.account_id)
            .or_default()
            .push(row.department);
    }
    Ok(departments)
}
