//! `ListStageMoves`: the moves of a deal, oldest first.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1::{ListStageMovesRequest, ListStageMovesResponse};

use crate::Pipeline;
use crate::error::Error;
use crate::{opportunity, stage_move};

pub async fn list_moves(
    pipeline: &Pipeline,
    call: &Call,
    request: ListStageMovesRequest,
) -> Result<ListStageMovesResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[&call.method, &request.name],
    )?;
    let rows = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            opportunity::read(tx, call, id).await?;
            Ok::<_, Error>(stage_move::page(tx, id, &page).await?)
        })
        .await?;
    let (rows, next_page_token) = page.close(rows, |(id, _)| *id);
    Ok(ListStageMovesResponse {
        moves: rows.into_iter().map(|(_, stage_move)| stage_move).collect(),
        next_page_token,
    })
}
