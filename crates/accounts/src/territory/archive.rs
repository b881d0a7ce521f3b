//! Takes a territory out of use.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::{etag, log};
use keynode_proto::accounts::v1::{ArchiveTerritoryRequest, ArchiveTerritoryResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Territory, find, read, record, sight, tree};
use crate::Accounts;
use crate::error::Error;
use crate::ids::TerritoryId;

pub async fn archive(
    service: &Accounts,
    call: &Call,
    request: ArchiveTerritoryRequest,
) -> Result<ArchiveTerritoryResponse, Error> {
    let mut bad = Violations::default();
    let id: TerritoryId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let linked = linked(w, id.0).await?;
            let subjects: Vec<String> = linked.iter().chain([&id.0]).map(name).collect();
            log::take_turn(w, &subjects).await?;
            let before = find(w, call, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            let after = archived(call, &before);
            if after != before {
                relink(w, call, &before, &linked).await?;
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(ArchiveTerritoryResponse {
                territory: Some(sight::shown(w, call, &after).await?),
            })
        })
        .await
}

fn name(id: &Uuid) -> String {
    TerritoryId(*id).to_string()
}

fn archived(call: &Call, before: &Territory) -> Territory {
    let after = Territory {
        archived_at: before.archived_at.or(Some(call.now.to_sqlx())),
        named: Vec::new(),
        parent_id: None,
        overflow_id: None,
        ..before.clone()
    };
    after.changed(before, call.now)
}

/// The territories under this one and those that overflow into it.
async fn linked(connection: &mut PgConnection, id: Uuid) -> Result<Vec<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.territory where parent_id = $1 or overflow_id = $1",
        id,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Leads past the territory whatever leads to it.
async fn relink(
    w: &mut Writer<'_>,
    call: &Call,
    gone: &Territory,
    linked: &[Uuid],
) -> Result<(), Error> {
    let past = |way: Option<Uuid>, next: Option<Uuid>| match way == Some(gone.id) {
        true => next,
        false => way,
    };
    for before in read::by_ids(w, linked).await? {
        let after = Territory {
            parent_id: past(before.parent_id, gone.parent_id),
            overflow_id: past(before.overflow_id, gone.overflow_id),
            ..before.clone()
        };
        let after = after.changed(&before, call.now);
        after.update(w).await?;
        record(w, Some(&before), &after);
    }
    Ok(())
}
