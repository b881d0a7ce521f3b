//! `CheckGate`: the key node of the current stage, criterion by criterion.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1::{CheckGateRequest, CheckGateResponse};

use crate::dossier::Dossier;
use crate::error::Error;
use crate::gate::{self, Facts};
use crate::{Pipeline, hearing, opportunity};

pub async fn check_gate(
    pipeline: &Pipeline,
    call: &Call,
    request: CheckGateRequest,
) -> Result<CheckGateResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let (found, process, dossier) = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            let found = opportunity::read(tx, call, id).await?;
            let process = pipeline.process_of(tx, call, &found).await?;
            let dossier = Dossier::load(tx, id).await?;
            Ok::<_, Error>((found, process, dossier))
        })
        .await?;
    let stage = found.stage_in(&process)?;
    let own = found.facts(dossier);
    let fetched = pipeline
        .peers
        .fetch(call, id, gate::judge(stage, &own).needs())
        .await?;
    let facts = Facts {
        map: fetched.map,
        evaluation: fetched.evaluation,
        ..own
    };
    let basis = hearing::basis(&found, &facts);
    Ok(CheckGateResponse {
        gate: Some(hearing::to_proto(&gate::judge(stage, &facts), basis)),
    })
}
