//! The customers and their people: one import, which goes on where it broke off.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use futures_util::stream;
use indicatif::ProgressBar;
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::imports_service_client::ImportsServiceClient;
use keynode_proto::accounts::v1::{
    CreateImportRequest, FinishImportRequest, GetImportRequest, Import, ImportDuplicates,
    ImportState, UploadImportRowsRequest,
};
use uuid::Uuid;

use super::super::export::Export;
use super::super::report::Report;
use super::results;
use super::rows::{Row, rows};
use super::{Options, progress};
use crate::connect::answer;
use crate::out;

type Client = ImportsServiceClient<Channel>;

/// Rows of one chunk. With the longest texts that are read it stays below the 4 MB of a
/// message.
const CHUNK: usize = 250;

/// Sends all rows; answers the names of accounts by key.
pub async fn send(
    channel: &Channel,
    export: &Export,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<HashMap<String, String>> {
    let rows = rows(export, report);
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let mut client = ImportsServiceClient::new(channel.clone());
    let import = match &options.resume {
        Some(name) => resumed(&mut client, export, options, name).await?,
        None => begun(&mut client, export, options).await?,
    };
    let sent = finished(&mut client, &import, &rows, options).await;
    sent.with_context(|| {
        format!(
            "the import broke off; go on with --resume {}, the same files and mapping",
            import.name
        )
    })?;
    results::note_all(&mut client, &import.name, &rows, report).await
}

async fn begun(client: &mut Client, export: &Export, options: &Options) -> anyhow::Result<Import> {
    let import = Import {
        display_name: options.display_name.chars().take(200).collect(),
        source_system: export.source_system.clone(),
        duplicates: ImportDuplicates::from(options.duplicates).into(),
        dry_run: options.rehearse,
        ..Import::default()
    };
    let request = CreateImportRequest {
        import: Some(import),
        request_id: Uuid::now_v7().to_string(),
        validate_only: false,
    };
    let begun = answer(client.create_import(request).await)?.import;
    begun.context("the server answered no import")
}

/// The import that broke off, if it is one of these files.
async fn resumed(
    client: &mut Client,
    export: &Export,
    options: &Options,
    name: &str,
) -> anyhow::Result<Import> {
    let request = GetImportRequest {
        name: name.to_owned(),
    };
    let import = answer(client.get_import(request).await)?.import;
    let import = import.context("the server answered no import")?;
    ensure!(
        import.source_system == export.source_system && import.dry_run == options.rehearse,
        "{name} is of {}{}; give the mapping and the options it was begun with",
        import.source_system,
        if import.dry_run {
            ", with --rehearse"
        } else {
            ""
        },
    );
    out::remark(format_args!(
        "{name} has {} rows already, up to {}",
        import.row_count, import.received_line
    ));
    Ok(import)
}

async fn finished(
    client: &mut Client,
    import: &Import,
    rows: &[Row<'_>],
    options: &Options,
) -> anyhow::Result<()> {
    if import.state() == ImportState::Finished {
        return Ok(());
    }
    let bar = progress("accounts", rows.len());
    let left: Vec<&Row<'_>> = rows
        .iter()
        .filter(|row| row.line > import.received_line)
        .collect();
    bar.inc((rows.len() - left.len()) as u64);
    if !left.is_empty() {
        let after = answer(client.upload_import_rows(chunks(import, &left, &bar)).await)?.import;
        let received = after.map_or(0, |after| after.received_line);
        let last = left.last().map_or(0, |row| row.line);
        ensure!(
            received >= last,
            "the server received rows up to {received} of {last}"
        );
    }
    bar.finish();
    let request = FinishImportRequest {
        name: import.name.clone(),
        request_id: Uuid::now_v7().to_string(),
        ..FinishImportRequest::default()
    };
    answer(client.finish_import(request).await)?;
    if options.rehearse {
        out::remark("this was a rehearsal: no account and no contact was stored");
    }
    Ok(())
}

/// The messages of a stream; the rows are made when the server takes them.
fn chunks(
    import: &Import,
    rows: &[&Row<'_>],
    bar: &ProgressBar,
) -> impl futures_util::Stream<Item = UploadImportRowsRequest> + Send + use<> {
    let name = import.name.clone();
    let bar = bar.clone();
    let rows: Vec<_> = rows.iter().map(|row| row.to_proto()).collect();
    stream::unfold(rows.into_iter(), move |mut rows| {
        let (name, bar) = (name.clone(), bar.clone());
        async move {
            let chunk: Vec<_> = rows.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return None;
            }
            bar.inc(chunk.len() as u64);
            let message = UploadImportRowsRequest {
                import: name,
                rows: chunk,
            };
            Some((message, rows))
        }
    })
}
