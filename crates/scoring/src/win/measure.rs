//! `Evaluate`: what a version is worth on deals that ended.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{EvaluateRequest, EvaluateResponse, WinMetrics};
use tonic::{Status, Streaming};

use super::id::Chosen;
use super::version::{self, Stored};
use super::{get, rows, stream, wire};
use crate::Scoring;
use crate::error::Error;
use crate::learn::{self, Model, Observation, Row};

pub(crate) async fn measure(
    scoring: &Scoring,
    call: &Call,
    messages: Streaming<EvaluateRequest>,
) -> Result<EvaluateResponse, Status> {
    let request = stream::measurement(messages).await?;
    Ok(measured(scoring, call, request).await?)
}

async fn measured(
    scoring: &Scoring,
    call: &Call,
    request: EvaluateRequest,
) -> Result<EvaluateResponse, Error> {
    let mut bad = Violations::default();
    let rows = rows::labelled(&mut bad, &request.rows);
    if request.rows.is_empty() {
        bad.add("rows", "must be deals that ended, one at least");
    }
    let stored = get::chosen(scoring, call, "model", &request.model, bad).await?;
    let other = other_in_production(scoring, call, &stored).await?;
    let base = learn::probability(stored.model.base_log_odds());
    let base: Vec<(f64, bool)> = rows.iter().map(|row| (base, row.won)).collect();
    Ok(EvaluateResponse {
        metrics: Some(worth(&stored.model, &rows)),
        base_metrics: Some(wire::metrics(&learn::evaluate(&base))),
        production_metrics: other.as_ref().map(|other| worth(&other.model, &rows)),
        production_version: other.map(|other| other.version.name).unwrap_or_default(),
        model_version: stored.version.name,
    })
}

async fn other_in_production(
    scoring: &Scoring,
    call: &Call,
    stored: &Stored,
) -> Result<Option<Stored>, Error> {
    if stored.version.production {
        return Ok(None);
    }
    let find = async |tx: &mut Tx| match version::choose(tx, &Chosen::Production).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::WinModelNotInProduction) => Ok(None),
        Err(error) => Err(error),
    };
    scoring.mutations.db.transaction(call.tenant()?, find).await
}

/// Each deal is scored by what was set before it ended.
fn worth(model: &Model, rows: &[Row]) -> WinMetrics {
    let predict = |row: &Row| {
        let in_time = |it: &&Observation| match (it.set_at, row.closed_at) {
            (Some(set), Some(closed)) => set < closed,
            _ => true,
        };
        let known: Vec<Observation> = row.observations.iter().filter(in_time).cloned().collect();
        (model.score(&known, None).p, row.won)
    };
    let predictions: Vec<(f64, bool)> = rows.iter().map(predict).collect();
    wire::metrics(&learn::evaluate(&predictions))
}
