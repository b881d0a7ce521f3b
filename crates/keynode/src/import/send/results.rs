//! What became of the rows of an import, as the server tells it.

use std::collections::HashMap;

use anyhow::ensure;
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::imports_service_client::ImportsServiceClient;
use keynode_proto::accounts::v1::{
    ImportDuplicate, ImportOutcome, ImportResult, ListImportResultsRequest,
};
use keynode_proto::google::rpc;

use super::super::report::{Outcome, Report};
use super::refused;
use super::rows::Row;
use crate::connect::answer;
use crate::out;

const PAGE: i32 = 1000;

/// Notes every result in the report; answers the names of accounts by key.
///
/// # Errors
/// When a row that was sent has no result.
pub async fn note_all(
    client: &mut ImportsServiceClient<Channel>,
    import: &str,
    rows: &[Row<'_>],
    report: &mut Report,
) -> anyhow::Result<HashMap<String, String>> {
    let by_line: HashMap<i64, &Row<'_>> = rows.iter().map(|row| (row.line, row)).collect();
    let (mut names, mut told, mut twins) = (HashMap::new(), 0, 0);
    let mut request = ListImportResultsRequest {
        name: import.to_owned(),
        page_size: PAGE,
        ..ListImportResultsRequest::default()
    };
    loop {
        let page = answer(client.list_import_results(request.clone()).await)?;
        for result in &page.results {
            twins += usize::from(!result.possible_duplicates.is_empty());
            if let Some(row) = by_line.get(&result.line) {
                told += 1;
                note(row, result, &mut names, report);
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if twins > 0 {
        out::remark(format_args!(
            "{twins} rows may be of accounts that are there under another key"
        ));
    }
    ensure!(
        told == rows.len(),
        "the server told of {told} of {} rows; {import} is of other files",
        rows.len()
    );
    Ok(names)
}

fn note(
    row: &Row<'_>,
    result: &ImportResult,
    names: &mut HashMap<String, String>,
    report: &mut Report,
) {
    if let Some(account) = row.account {
        if !result.account.is_empty() {
            names.insert(account.key().to_owned(), result.account.clone());
        }
        let why = twin(result.possible_duplicates.first());
        let outcome = outcome(result.outcome(), result.error.as_ref(), why);
        report.note(&account.place, account.key(), outcome);
    }
    for (draft, contact) in row.contacts.iter().zip(&result.contacts) {
        let outcome = match (contact.outcome(), &result.error) {
            // The row was refused before anybody looked at its contacts.
            (ImportOutcome::Unspecified, Some(error)) => refused(error),
            (told, _) => outcome(told, contact.error.as_ref(), "its account was".to_owned()),
        };
        report.note(&draft.place, draft.key(), outcome);
    }
}

fn outcome(told: ImportOutcome, error: Option<&rpc::Status>, why: String) -> Outcome {
    match told {
        ImportOutcome::Created => Outcome::Created,
        ImportOutcome::Updated => Outcome::Updated,
        ImportOutcome::Unchanged => Outcome::Unchanged,
        ImportOutcome::Linked => Outcome::Linked,
        ImportOutcome::Skipped => Outcome::Skipped(why),
        ImportOutcome::Failed | ImportOutcome::Unspecified => {
            refused(error.unwrap_or(&rpc::Status::default()))
        }
    }
}

/// Which account is there already.
fn twin(best: Option<&ImportDuplicate>) -> String {
    match best {
        Some(twin) if !twin.hidden => {
            format!("the same as {} by {:.2}", twin.account, twin.score)
        }
        Some(twin) => format!(
            "the same as an account that you do not see by {:.2}",
            twin.score
        ),
        None => String::new(),
    }
}
