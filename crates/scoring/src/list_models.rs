//! Lists the evaluation models of the tenant.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::scoring::v1::{ListEvaluationModelsRequest, ListEvaluationModelsResponse};

use crate::Scoring;
use crate::error::Error;
use crate::evaluation_model;

pub(crate) async fn list(
    scoring: &Scoring,
    call: &Call,
    request: ListEvaluationModelsRequest,
) -> Result<ListEvaluationModelsResponse, Error> {
    let tenant = call.tenant()?;
    let arguments = ["ListEvaluationModels", &tenant.to_string()];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let list = async |tx: &mut Tx| evaluation_model::list(tx, &page).await;
    let (models, next_page_token) = scoring.mutations.db.transaction(tenant, list).await?;
    Ok(ListEvaluationModelsResponse {
        models,
        next_page_token,
    })
}
