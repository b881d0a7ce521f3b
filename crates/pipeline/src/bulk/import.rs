//! `ImportOpportunities`: rows over one connection, chunk by chunk.

use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use tonic::Streaming;

use super::{Answers, answer_each};
use crate::Pipeline;
use crate::batch_upsert::batch_upsert;
use crate::error::Error;

pub fn import(
    pipeline: &Pipeline,
    call: &Call,
    chunks: Streaming<proto::ImportOpportunitiesRequest>,
) -> Answers<proto::ImportOpportunitiesResponse> {
    answer_each(pipeline, call, chunks, take)
}

async fn take(
    pipeline: Pipeline,
    call: Call,
    chunk: proto::ImportOpportunitiesRequest,
) -> Result<proto::ImportOpportunitiesResponse, Error> {
    let request = proto::BatchUpsertOpportunitiesRequest {
        rows: chunk.rows,
        ..proto::BatchUpsertOpportunitiesRequest::default()
    };
    let answer = batch_upsert(&pipeline, &call, request).await?;
    Ok(proto::ImportOpportunitiesResponse {
        results: answer.results,
    })
}
