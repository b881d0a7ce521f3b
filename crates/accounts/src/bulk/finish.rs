//! Ends an import.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    self as proto, FinishImportRequest, FinishImportResponse, ImportState,
};

use super::{Import, lock, results, store, tally};
use crate::Accounts;
use crate::error::Error;
use crate::ids::ImportId;

pub async fn finish(
    service: &Accounts,
    call: &Call,
    request: FinishImportRequest,
) -> Result<FinishImportResponse, Error> {
    let mut bad = Violations::default();
    let id: ImportId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            check(&before, results::count(w, id).await?)?;
            let state = match request.abort {
                true => ImportState::Aborted,
                false => ImportState::Finished,
            };
            let record = proto::Import {
                state: state.into(),
                ..before.record.clone()
            };
            let after = before.changed(record, call.now);
            store(w, &before, &after).await?;
            Ok(FinishImportResponse {
                import: Some(after.record),
            })
        })
        .await
}

/// Nothing may be lost silently: each row that was counted has a result, and each thing in
/// it came to one end.
fn check(import: &Import, rows: i64) -> Result<(), Error> {
    let record = &import.record;
    let counts = [&record.accounts, &record.contacts];
    let are_whole = counts.into_iter().flatten().all(tally::is_whole);
    match rows == record.row_count && are_whole {
        true => Ok(()),
        false => Err(Fault::internal(format!(
            "{} counted {} rows and has {rows} results",
            import.name(),
            record.row_count
        ))
        .into()),
    }
}
