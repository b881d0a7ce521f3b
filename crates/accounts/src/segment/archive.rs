//! Archives a segment; its members are taken out in the background.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{DeleteSegmentRequest, DeleteSegmentResponse};
use sqlx::PgConnection;

use super::refusal::Refusal;
use super::update::record;
use super::{Segment, computation, lock, store, tree};
use crate::Accounts;
use crate::error::Error;
use crate::ids::SegmentId;

pub async fn archive(
    service: &Accounts,
    call: &Call,
    request: DeleteSegmentRequest,
) -> Result<DeleteSegmentResponse, Error> {
    let mut bad = Violations::default();
    let id: SegmentId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let before = lock(w, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            let after = archived(&before, call);
            if after != before {
                check_parts(w, id).await?;
                store(w, &after).await?;
                computation::request(w, &[after.id]).await?;
                record(w, &before, &after);
            }
            Ok(DeleteSegmentResponse {
                segment: Some(after.to_proto()),
            })
        })
        .await
}

fn archived(before: &Segment, call: &Call) -> Segment {
    let after = Segment {
        archived_at: before.archived_at.or(Some(call.now.to_sqlx())),
        ..before.clone()
    };
    after.changed(before, call.now)
}

async fn check_parts(connection: &mut PgConnection, id: SegmentId) -> Result<(), Error> {
    let has_parts = sqlx::query_scalar!(
        r#"select exists (
             select from accounts.segment where parent_id = $1 and archived_at is null) as "has_parts!""#,
        id.0,
    )
    .fetch_one(connection)
    .await?;
    match has_parts {
        true => Err(Refusal::SegmentHasParts(id).into()),
        false => Ok(()),
    }
}
