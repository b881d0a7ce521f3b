//! `GetOpportunityFacts`: everything that pipeline knows of a deal, for judging it.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{GetOpportunityFactsRequest, GetOpportunityFactsResponse};

use crate::activity::Activity;
use crate::activity::row::{self, Filter};
use crate::dossier::Dossier;
use crate::error::Error;
use crate::{Pipeline, bid, gate, hearing, opportunity, purchase_criteria};

const MAX_ACTIVITIES: i64 = 100;

pub async fn facts(
    pipeline: &Pipeline,
    call: &Call,
    request: GetOpportunityFactsRequest,
) -> Result<GetOpportunityFactsResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let (found, process, activities, dossier) = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            let found = opportunity::read(tx, call, id).await?;
            let activities = row::newest(tx, id, Filter::default(), None, MAX_ACTIVITIES).await?;
            let process = pipeline.process_of(tx, call, &found).await?;
            let dossier = Dossier::load(tx, id).await?;
            Ok::<_, Error>((found, process, activities, dossier))
        })
        .await?;
    let mut answer = recorded(&dossier)?;
    answer.contract.get_or_insert_default().name = id.to_string();
    let purchase_criteria = answer.purchase_criteria.get_or_insert_default();
    answer.warnings = purchase_criteria::warnings(&found, &process, purchase_criteria);
    let facts = found.facts(dossier);
    let gates = process.stages.iter().map(|stage| {
        let basis = hearing::basis(&found, &facts);
        hearing::to_proto(&gate::judge(stage, &facts), basis)
    });
    Ok(GetOpportunityFactsResponse {
        opportunity: Some(found.to_proto()),
        process: Some(process.to_proto()),
        activities: activities.iter().map(Activity::to_proto).collect(),
        gates: gates.collect(),
        ..answer
    })
}

/// What the parts of the deal say.
fn recorded(dossier: &Dossier) -> Result<GetOpportunityFactsResponse, Error> {
    Ok(GetOpportunityFactsResponse {
        needs: dossier.part::<proto::Needs>()?.needs,
        objections: dossier.part::<proto::Objections>()?.objections,
        customer_requests: dossier.part::<proto::CustomerRequests>()?.requests,
        promises: dossier.part::<proto::Promises>()?.promises,
        purchase_criteria: Some(dossier.part()?),
        bid: Some(bid::to_proto(&dossier.part()?)),
        contract: Some(dossier.part()?),
        ..GetOpportunityFactsResponse::default()
    })
}
