//! Archives a competitor; it keeps its names for the deals of the past.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{DeleteCompetitorRequest, DeleteCompetitorResponse};

use super::{Competitor, lock, store};
use crate::Accounts;
use crate::error::Error;
use crate::ids::CompetitorId;

pub async fn archive(
    service: &Accounts,
    call: &Call,
    request: DeleteCompetitorRequest,
) -> Result<DeleteCompetitorResponse, Error> {
    let mut bad = Violations::default();
    let id: CompetitorId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            let archived = Competitor {
                archived_at: before.archived_at.or(Some(call.now.to_sqlx())),
                ..before.clone()
            };
            let after = archived.changed(&before, call.now);
            if after != before {
                store(w, &before, &after).await?;
            }
            Ok(DeleteCompetitorResponse {
                competitor: Some(after.to_proto()),
            })
        })
        .await
}
