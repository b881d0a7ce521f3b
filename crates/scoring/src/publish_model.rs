//! Publishes a version of an evaluation model (R10).

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::scoring::v1::{
    EvaluationModel, EvaluationModelPublished, PublishEvaluationModelRequest,
    PublishEvaluationModelResponse,
};

use crate::Scoring;
use crate::error::Error;
use crate::evaluation_model::{self, ModelId, check};

pub(crate) async fn publish(
    scoring: &Scoring,
    call: &Call,
    request: PublishEvaluationModelRequest,
) -> Result<PublishEvaluationModelResponse, Error> {
    let (id, model) = read(&request)?;
    let work = async |w: &mut Writer<'_>| store(w, call, &id, model).await;
    scoring.mutations.run(call, &request, work).await
}

fn read(request: &PublishEvaluationModelRequest) -> Result<(ModelId, EvaluationModel), Error> {
    let mut bad = Violations::default();
    let model = request.model.clone().unwrap_or_default();
    if request.model.is_none() {
        bad.add("model", "must be set");
    }
    let id = ModelId::read(&mut bad, "model.name", &model.name);
    check::check(&mut bad, &model);
    let refused = bad.finish();
    match id {
        Some(id) => refused.map(|()| (id, model)).map_err(Error::from),
        None => Err(refused.expect_err("a bad name is noted").into()),
    }
}

async fn store(
    w: &mut Writer<'_>,
    call: &Call,
    id: &ModelId,
    model: EvaluationModel,
) -> Result<PublishEvaluationModelResponse, Error> {
    log::take_turn(w, &[id.to_string()]).await?;
    let before = evaluation_model::find(w, id, None).await?;
    let model = EvaluationModel {
        version: before.as_ref().map_or(1, |before| before.version + 1),
        publish_time: Some(wire::timestamp(call.now)),
        ..model
    };
    let key = w.id();
    evaluation_model::insert(w, id, key, call.now, &model).await?;
    let published = EvaluationModelPublished {
        before,
        after: Some(model.clone()),
    };
    w.record(id.to_string(), model.version.into(), &published);
    Ok(PublishEvaluationModelResponse { model: Some(model) })
}
