//! Reads the newest evaluation of an opportunity, from this service's own rows alone.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{GetLatestEvaluationRequest, GetLatestEvaluationResponse};

use crate::Scoring;
use crate::error::Error;
use crate::evaluation::{self, OpportunityId, Stored};

pub(crate) async fn get(
    scoring: &Scoring,
    call: &Call,
    request: GetLatestEvaluationRequest,
) -> Result<GetLatestEvaluationResponse, Error> {
    let mut bad = Violations::default();
    let opportunity: OpportunityId = bad.name("opportunity", &request.opportunity);
    bad.finish()?;
    let find = async |tx: &mut Tx| evaluation::find_latest(tx, opportunity).await;
    let found: Option<Stored> = scoring
        .mutations
        .db
        .transaction(call.tenant()?, find)
        .await?;
    // Only the newest counts: an older one would be passed off as it.
    let seen = found.filter(|stored| call.sees(stored.belonging.owner, stored.belonging.team));
    match seen {
        Some(stored) => Ok(GetLatestEvaluationResponse {
            evaluation: Some(stored.evaluation),
        }),
        None => Err(Error::EvaluationNotFound(opportunity)),
    }
}
