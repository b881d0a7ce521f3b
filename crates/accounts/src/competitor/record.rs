//! How we fared against a competitor, and who supports it.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    CompetitorRecord, CompetitorSupporter, GetCompetitorRecordRequest, GetCompetitorRecordResponse,
};
use sqlx::PgConnection;

use super::find;
use crate::error::Error;
use crate::ids::{CompetitorId, ContactId, OpportunityId};
use crate::{Accounts, deal};

const MOST_SUPPORTERS: i64 = 1000;

pub async fn record(
    service: &Accounts,
    call: &Call,
    request: GetCompetitorRecordRequest,
) -> Result<GetCompetitorRecordResponse, Error> {
    let mut bad = Violations::default();
    let id: CompetitorId = bad.name("competitor", &request.competitor);
    bad.finish()?;
    let record = service
        .read(call, async |tx: &mut Tx| {
            find(tx, id).await?;
            Ok(CompetitorRecord {
                competitor: id.to_string(),
                deals: Some(deal::sum(&deal::against(tx, call, id).await?)),
                supporters: supporters(tx, call, id).await?,
            })
        })
        .await?;
    Ok(GetCompetitorRecordResponse {
        record: Some(record),
    })
}

/// Supporters at accounts that the caller sees.
async fn supporters(
    connection: &mut PgConnection,
    call: &Call,
    competitor: CompetitorId,
) -> Result<Vec<CompetitorSupporter>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query!(
        "select s.contact_id, c.display_name, s.opportunity_id
         from accounts.competitor_supporter s
         join accounts.contact c on c.tenant_id = s.tenant_id and c.id = s.contact_id
         join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
         where s.competitor_id = $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))
         order by s.opportunity_id, s.contact_id limit $5",
        competitor.0,
        all,
        me,
        &teams,
        MOST_SUPPORTERS,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CompetitorSupporter {
            contact: ContactId(row.contact_id).to_string(),
            display_name: row.display_name,
            opportunity: OpportunityId(row.opportunity_id).to_string(),
        })
        .collect())
}
