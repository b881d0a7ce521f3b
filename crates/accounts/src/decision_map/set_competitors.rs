//! Names those who compete for the deal.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SetMapCompetitorsRequest, SetMapCompetitorsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::refusal::Refusal;
use super::set_stakeholder::read_competitors;
use super::stakeholder::Stakeholder;
use super::store::{commit, lock};
use super::{DecisionMap, shown};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{CompetitorId, MapId};

const AT_MOST: usize = 50;

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetMapCompetitorsRequest,
) -> Result<SetMapCompetitorsResponse, Error> {
    let (id, competitors) = read(&request)?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            check_known(w, &competitors).await?;
            check_unused(&before, &competitors)?;
            let after = match before.header.competitors == competitors {
                true => before,
                false => replace(w, call, before, competitors).await?,
            };
            Ok::<_, Error>(SetMapCompetitorsResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(SetMapCompetitorsResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

fn read(request: &SetMapCompetitorsRequest) -> Result<(MapId, Vec<Uuid>), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    if request.competitors.len() > AT_MOST {
        bad.add("competitors", format!("must be at most {AT_MOST}"));
        bad.finish()?;
        return Ok((id, Vec::new()));
    }
    let competitors = read_competitors("competitors", &request.competitors, &mut bad);
    bad.finish()?;
    Ok((id, competitors))
}

/// Names the first that is not there.
async fn check_known(connection: &mut PgConnection, competitors: &[Uuid]) -> Result<(), Error> {
    let known = sqlx::query_scalar!(
        "select id from accounts.competitor where id = any($1)",
        competitors
    )
    .fetch_all(connection)
    .await?;
    match competitors.iter().find(|id| !known.contains(id)) {
        Some(id) => Err(Refusal::CompetitorNotFound(CompetitorId(*id)).into()),
        None => Ok(()),
    }
}

/// Nobody may be left as the supporter of somebody who does not compete.
fn check_unused(map: &DecisionMap, competitors: &[Uuid]) -> Result<(), Error> {
    let left_out = map.header.competitors.iter();
    for id in left_out.filter(|id| !competitors.contains(id)) {
        let competitor = CompetitorId(*id);
        let supporters: Vec<_> = map
            .stakeholders
            .iter()
            .filter(|person| person.supports(competitor))
            .map(Stakeholder::name)
            .collect();
        if !supporters.is_empty() {
            return Err(Refusal::CompetitorInUse {
                map: map.name(),
                competitor,
                supporters,
            }
            .into());
        }
    }
    Ok(())
}

async fn replace(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
    competitors: Vec<Uuid>,
) -> Result<DecisionMap, Error> {
    let mut after = before.clone();
    after.header.competitors = competitors;
    commit(w, call, &before, after).await
}
