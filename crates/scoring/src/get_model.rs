//! Reads a version of an evaluation model.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{GetEvaluationModelRequest, GetEvaluationModelResponse};

use crate::Scoring;
use crate::error::Error;
use crate::evaluation_model::{self, ModelId};

pub(crate) async fn get(
    scoring: &Scoring,
    call: &Call,
    request: GetEvaluationModelRequest,
) -> Result<GetEvaluationModelResponse, Error> {
    let mut bad = Violations::default();
    let id = ModelId::read(&mut bad, "name", &request.name);
    bad.range("version", request.version.into(), 0..=i64::from(i32::MAX));
    bad.finish()?;
    let id = id.expect("a bad name was refused");
    let version = Some(request.version).filter(|version| *version > 0);
    let find = async |tx: &mut Tx| evaluation_model::find(tx, &id, version).await;
    let found = scoring
        .mutations
        .db
        .transaction(call.tenant()?, find)
        .await?;
    match found {
        Some(model) => Ok(GetEvaluationModelResponse { model: Some(model) }),
        None => Err(Error::EvaluationModelNotFound {
            model: id,
            version: request.version,
        }),
    }
}
