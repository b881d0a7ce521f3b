//! `TrainModel` and `TrainModelFromRows`: learns a version, and stores it under its key.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire as kit_wire;
use keynode_proto::scoring::v1::{
    TrainModelFromRowsRequest, TrainModelFromRowsResponse, TrainModelRequest, TrainModelResponse,
    WinModelTrained, WinModelVersion,
};
use tonic::{Status, Streaming};

use super::id::{VersionName, WinModelId};
use super::{options, rows, stream, version, wire};
use crate::Scoring;
use crate::error::Error;
use crate::learn::{self, Options, Row, Trained};

pub(crate) async fn train(
    scoring: &Scoring,
    call: &Call,
    request: TrainModelRequest,
) -> Result<TrainModelResponse, Error> {
    let (id, options, rows) = read(&request)?;
    // Learnt before the transaction, which must not stay open as long as that takes.
    let trained = scoring
        .trainings
        .run(move || learn::train(&rows, &options))
        .await?
        .map_err(Error::TrainingDataInsufficient)?;
    let version = WinModelVersion {
        create_time: Some(kit_wire::timestamp(call.now)),
        actor: call.principal.subject.clone(),
        options: request.options.clone(),
        ..wire::version(&trained)
    };
    let work = async |w: &mut Writer<'_>| store(w, id, version, trained).await;
    scoring.mutations.run(call, &request, work).await
}

pub(crate) async fn train_from_rows(
    scoring: &Scoring,
    call: &Call,
    messages: Streaming<TrainModelFromRowsRequest>,
) -> Result<TrainModelFromRowsResponse, Status> {
    let request = stream::training(messages).await?;
    let answer = train(scoring, call, request).await?;
    Ok(TrainModelFromRowsResponse {
        version: answer.version,
    })
}

fn read(request: &TrainModelRequest) -> Result<(WinModelId, Options, Vec<Row>), Error> {
    let mut bad = Violations::default();
    let id = WinModelId::read(&mut bad, "model", &request.model);
    let given = request.options.clone().unwrap_or_default();
    let options = options::read(&mut bad, &given);
    let rows = rows::labelled(&mut bad, &request.rows);
    if request.rows.is_empty() {
        bad.add("rows", "must be deals that ended, one at least");
    }
    let refused = bad.finish();
    match id {
        Some(id) => refused.map(|()| (id, options, rows)).map_err(Error::from),
        None => Err(refused.expect_err("a bad name is noted").into()),
    }
}

async fn store(
    w: &mut Writer<'_>,
    id: WinModelId,
    version: WinModelVersion,
    trained: Trained,
) -> Result<TrainModelResponse, Error> {
    log::take_turn(w, &[id.to_string()]).await?;
    let newest = version::newest(w, &id).await?;
    let name = VersionName {
        version: newest.map_or(1, |newest| newest.version + 1),
        model: id,
    };
    let version = WinModelVersion {
        name: name.to_string(),
        ..version
    };
    let key = w.id();
    version::insert(w, &name, key, &version, &trained.model).await?;
    let told = WinModelTrained {
        after: Some(wire::in_short(&version)),
    };
    w.record(name.model.to_string(), name.version.into(), &told);
    Ok(TrainModelResponse {
        version: Some(version),
    })
}
