//! Says where a deal stands, what is wrong and what to do first (R4, R6).

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{
    DiagnoseOpportunityRequest, DiagnoseOpportunityResponse, Evaluation,
};

use crate::case::Case;
use crate::detector::{self, Policy};
use crate::error::Error;
use crate::evaluation::{self, OpportunityId};
use crate::{Scoring, diagnosis, peers};

pub(crate) async fn diagnose(
    scoring: &Scoring,
    call: &Call,
    request: DiagnoseOpportunityRequest,
) -> Result<DiagnoseOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let opportunity: OpportunityId = bad.name("opportunity", &request.opportunity);
    bad.finish()?;
    let (facts, people, evaluation) = tokio::join!(
        peers::facts(&scoring.pipeline, call, opportunity),
        peers::analysis(&scoring.accounts, call, opportunity),
        latest_evaluation(scoring, call, opportunity),
    );
    let (facts, people, evaluation) = (facts?, people?, evaluation?);
    let case = Case::new(&facts, &people, evaluation.as_ref(), call.now);
    let seen = detector::detect(&case, Policy::of);
    let mut signals = detector::wire::signals(&seen);
    // What rests on costs and margin is told to nobody here.
    signals.retain(|signal| !signal.confidential);
    Ok(DiagnoseOpportunityResponse {
        diagnosis: Some(diagnosis::diagnose(&case)),
        signals,
        unknown_detectors: detector::wire::unknown(&seen),
    })
}

/// Who sees the opportunity, which the pipeline decides, sees how it was judged.
async fn latest_evaluation(
    scoring: &Scoring,
    call: &Call,
    opportunity: OpportunityId,
) -> Result<Option<Evaluation>, Error> {
    let find = async |tx: &mut Tx| evaluation::find_latest(tx, opportunity).await;
    let found = scoring
        .mutations
        .db
        .transaction(call.tenant()?, find)
        .await?;
    Ok(found.map(|stored| stored.evaluation))
}
