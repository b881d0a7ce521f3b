//! Reads one segment or several, and lists segments.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    BatchGetSegmentsRequest, BatchGetSegmentsResponse, GetSegmentRequest, GetSegmentResponse,
    ListSegmentsRequest, ListSegmentsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::refusal::Refusal;
use super::{Segment, find, find_all};
use crate::Accounts;
use crate::error::Error;
use crate::ids::SegmentId;

/// Names in one call at most.
pub const MAX_BATCH: usize = 1000;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetSegmentRequest,
) -> Result<GetSegmentResponse, Error> {
    let mut bad = Violations::default();
    let id: SegmentId = bad.name("name", &request.name);
    bad.finish()?;
    let segment = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetSegmentResponse {
        segment: Some(segment.to_proto()),
    })
}

pub async fn batch_get(
    service: &Accounts,
    call: &Call,
    request: BatchGetSegmentsRequest,
) -> Result<BatchGetSegmentsResponse, Error> {
    let mut bad = Violations::default();
    if !(1..=MAX_BATCH).contains(&request.names.len()) {
        bad.add("names", format!("must be 1 to {MAX_BATCH} names"));
    }
    let names = request.names.iter().enumerate();
    let ids: Vec<Uuid> = names
        .map(|(n, name)| bad.name::<SegmentId>(&format!("names[{n}]"), name).0)
        .collect();
    bad.finish()?;
    let found = service
        .read(call, async |tx: &mut Tx| find_all(tx, &ids).await)
        .await?;
    let known: HashMap<Uuid, Segment> = found.into_iter().map(|it| (it.id, it)).collect();
    let answer = |id: &Uuid| match known.get(id) {
        Some(segment) => Ok(segment.to_proto()),
        None => Err(Refusal::SegmentNotFound(SegmentId(*id))),
    };
    let segments: Result<Vec<_>, Refusal> = ids.iter().map(answer).collect();
    Ok(BatchGetSegmentsResponse {
        segments: segments?,
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListSegmentsRequest,
) -> Result<ListSegmentsResponse, Error> {
    let mut bad = Violations::default();
    let parent: Option<SegmentId> = bad.optional_name("parent", &request.parent);
    bad.page_size(request.page_size);
    bad.finish()?;
    let archived = request.show_archived.to_string();
    let arguments = ["ListSegments", &request.parent, &archived];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, parent, request.show_archived).await
        })
        .await?;
    let (segments, next_page_token) = page.close(found, |segment| segment.id);
    Ok(ListSegmentsResponse {
        segments: segments.iter().map(Segment::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    parent: Option<SegmentId>,
    show_archived: bool,
) -> Result<Vec<Segment>, Error> {
    let rows = sqlx::query_as!(
        Segment,
        "select id, version, created_at, updated_at, display_name, description, parent_id, criteria, archived_at
         from accounts.segment
         where id > $1 and ($2::uuid is null or parent_id = $2) and ($3 or archived_at is null)
         order by id limit $4",
        page.after.unwrap_or(Uuid::nil()),
        parent.map(|id| id.0),
        show_archived,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
