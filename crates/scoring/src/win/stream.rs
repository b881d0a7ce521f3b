//! Streams of rows, gathered up to the published limit.

use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{
    EvaluateRequest, LabelledRow, TrainModelFromRowsRequest, TrainModelRequest,
};
use tonic::{Status, Streaming};

use super::rows::MAX_ROWS;

/// The training that a stream asks for, with all of its rows.
pub(super) async fn training(
    mut messages: Streaming<TrainModelFromRowsRequest>,
) -> Result<TrainModelRequest, Status> {
    let first = messages.message().await?.unwrap_or_default();
    let Some(mut training) = first.start else {
        return Err(refusal("start", "must be set in the first message").into());
    };
    add(&mut training.rows, first.rows)?;
    while let Some(message) = messages.message().await? {
        if message.start.is_some() {
            return Err(refusal("start", "must be set in the first message only").into());
        }
        add(&mut training.rows, message.rows)?;
    }
    Ok(training)
}

/// The measurement that a stream asks for, with all of its rows.
pub(super) async fn measurement(
    mut messages: Streaming<EvaluateRequest>,
) -> Result<EvaluateRequest, Status> {
    let mut all = messages.message().await?.unwrap_or_default();
    while let Some(message) = messages.message().await? {
        if !message.model.is_empty() {
            return Err(refusal("model", "must be set in the first message only").into());
        }
        add(&mut all.rows, message.rows)?;
    }
    Ok(all)
}

fn add(all: &mut Vec<LabelledRow>, more: Vec<LabelledRow>) -> Result<(), Fault> {
    all.extend(more);
    if all.len() > MAX_ROWS {
        return Err(refusal(
            "rows",
            &format!("must be at most {MAX_ROWS} in all"),
        ));
    }
    Ok(())
}

fn refusal(field: &str, why: &str) -> Fault {
    let mut bad = Violations::default();
    bad.add(field, why);
    bad.finish().expect_err("a bad field was noted")
}
