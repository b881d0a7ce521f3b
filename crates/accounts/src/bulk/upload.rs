//! Takes a stream of chunks, one after the other.

use std::time::Duration;

use keynode_kit::call::Call;
use keynode_kit::error::{Explain as _, reason_name};
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    self as proto, ImportRow, UploadImportRowsRequest, UploadImportRowsResponse,
};
use keynode_proto::common::v1::ErrorReason;
use tonic::{Status, Streaming};

use super::{chunk, find, refusal::Refusal};
use crate::Accounts;
use crate::error::Error;
use crate::ids::ImportId;
use keynode_kit::db::Tx;

/// Rows of a chunk at most.
const MAX_ROWS: usize = 500;
/// How often a chunk is done again that met other writers.
const RETRIES: u32 = 4;

pub async fn upload(
    service: &Accounts,
    call: &Call,
    mut chunks: Streaming<UploadImportRowsRequest>,
) -> Result<UploadImportRowsResponse, Status> {
    let mut upload: Option<Upload> = None;
    while let Some(sent) = chunks.message().await? {
        let upload = match &mut upload {
            Some(upload) => upload,
            None => upload.insert(Upload::begin(service, call, &sent.import).await?),
        };
        upload.check(&sent)?;
        upload.take(service, call, &sent.rows).await?;
    }
    match upload {
        Some(upload) => Ok(UploadImportRowsResponse {
            import: Some(upload.import),
        }),
        None => Err(bad("import", "must be set in the first message").into()),
    }
}

/// A stream under way.
struct Upload {
    id: ImportId,
    import: proto::Import,
    /// The last line that was sent.
    line: i64,
}

impl Upload {
    async fn begin(service: &Accounts, call: &Call, name: &str) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let id: ImportId = bad.name("import", name);
        bad.finish()?;
        let import = service
            .read(call, async |tx: &mut Tx| find(tx, call, id).await)
            .await?;
        match import.is_open() {
            true => Ok(Self {
                id,
                import: import.record,
                line: 0,
            }),
            false => Err(Refusal::Closed(id).into()),
        }
    }

    fn check(&self, sent: &UploadImportRowsRequest) -> Result<(), Error> {
        let mut bad = Violations::default();
        if !sent.import.is_empty() && sent.import != self.import.name {
            bad.add("import", "must be the one of the first message, or empty");
        }
        if sent.rows.len() > MAX_ROWS {
            bad.add("rows", format!("must be at most {MAX_ROWS} rows"));
        }
        if let Some((index, before)) = first_that_does_not_rise(self.line, &sent.rows) {
            bad.add(
                format!("rows[{index}].line"),
                format!("must be more than {before}, the line before"),
            );
        }
        Ok(bad.finish()?)
    }

    async fn take(
        &mut self,
        service: &Accounts,
        call: &Call,
        rows: &[ImportRow],
    ) -> Result<(), Error> {
        let Some(last) = rows.last() else {
            return Ok(());
        };
        // A stream lasts longer than what is now.
        let call = Call {
            now: service.mutations.clock.now(),
            ..call.clone()
        };
        let mut taken = chunk::take(service, &call, self.id, rows).await;
        for attempt in 1..=RETRIES {
            if !taken.as_ref().is_err_and(is_conflict) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20) * attempt).await;
            taken = chunk::take(service, &call, self.id, rows).await;
        }
        self.import = taken?;
        self.line = last.line;
        let rows = rows.len();
        service.statistics.count(&service.mutations.db, rows).await;
        Ok(())
    }
}

/// The index of the row and the line before it.
fn first_that_does_not_rise(after: i64, rows: &[ImportRow]) -> Option<(usize, i64)> {
    let before = std::iter::once(after).chain(rows.iter().map(|row| row.line));
    let mut pairs = before.zip(rows).enumerate();
    pairs.find_map(|(index, (before, row))| (row.line <= before).then_some((index, before)))
}

fn is_conflict(error: &Error) -> bool {
    error.explain().reason() == reason_name(ErrorReason::Conflict.as_str_name())
}

fn bad(field: &str, why: &str) -> Error {
    let mut bad = Violations::default();
    bad.add(field, why);
    bad.finish().expect_err("a violation was just added").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_must_rise_from_the_one_before() {
        let rows = |lines: &[i64]| {
            let row = |line: &i64| ImportRow {
                line: *line,
                ..ImportRow::default()
            };
            lines.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(first_that_does_not_rise(0, &rows(&[1, 2, 9])), None);
        assert_eq!(first_that_does_not_rise(0, &rows(&[0])), Some((0, 0)));
        assert_eq!(first_that_does_not_rise(3, &rows(&[3])), Some((0, 3)));
        assert_eq!(first_that_does_not_rise(0, &rows(&[4, 4])), Some((1, 4)));
        assert_eq!(first_that_does_not_rise(0, &rows(&[4, -1])), Some((1, 4)));
    }
}
