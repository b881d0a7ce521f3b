//! Changes the fields of a segment that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SegmentChanged, UpdateSegmentRequest, UpdateSegmentResponse};
use sqlx::PgConnection;

use super::create::check_references;
use super::{Segment, computation, criteria, find_in_use, lock, store, tree};
use crate::error::Error;
use crate::ids::SegmentId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateSegmentRequest,
) -> Result<UpdateSegmentResponse, Error> {
    let sent = request.segment.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: SegmentId = bad.name("segment.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let before = lock(w, id).await?.in_use()?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                place(w, call, &before, &after).await?;
                record(w, &before, &after);
            }
            Ok(UpdateSegmentResponse {
                segment: Some(after.to_proto()),
            })
        })
        .await
}

fn change(call: &Call, before: &Segment, request: &UpdateSegmentRequest) -> Result<Segment, Error> {
    let mut bad = Violations::default();
    let sent = request.segment.clone().unwrap_or_default();
    let mask = request.update_mask.as_ref();
    let wanted = mask::merge(&before.to_proto(), &sent, mask, &mut bad);
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}

/// Stores the segment; whoever must meet other criteria now is found anew.
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    before: &Segment,
    after: &Segment,
) -> Result<(), Error> {
    let asks_otherwise = (&after.criteria, after.parent_id) != (&before.criteria, before.parent_id);
    if asks_otherwise {
        check_references(connection, call, after).await?;
        criteria::attributes::check(connection, call, &before.criteria, &after.criteria).await?;
        let segments = find_in_use(connection).await?;
        if let Some(parent) = after.parent_id {
            tree::check_loop(&segments, after.id, parent)?;
        }
        let affected = tree::with_parts(&segments, after.id);
        computation::request(connection, &affected).await?;
    }
    store(connection, after).await
}

/// Writes the event of a change.
pub(super) fn record(w: &mut Writer<'_>, before: &Segment, after: &Segment) {
    let change = SegmentChanged {
        before: Some(before.to_proto()),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.version, &change);
}
