//! The customers, parents first.

use std::collections::HashMap;

use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::account_row_result::Result as RowResult;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::{AccountRowResult, BatchUpsertAccountsRequest};
use uuid::Uuid;

use super::super::export::{AccountDraft, Export};
use super::super::report::{Outcome, Report};
use super::{BATCH, check_count, progress, refused};
use crate::connect::answer;

/// Sends all, batch after batch, as a later one may name parents of an earlier one;
/// answers the names by key.
pub async fn send(
    channel: &Channel,
    export: &Export,
    report: &mut Report,
) -> anyhow::Result<HashMap<String, String>> {
    let mut client = AccountsServiceClient::new(channel.clone());
    let ready: Vec<&AccountDraft> = export
        .accounts
        .iter()
        .filter(|draft| !report.has_rejected(&draft.place))
        .collect();
    let bar = progress("accounts", ready.len());
    let mut names = HashMap::new();
    for batch in ready.chunks(BATCH) {
        let rows = batch.iter().map(|draft| draft.row.clone()).collect();
        let request = BatchUpsertAccountsRequest {
            rows,
            request_id: Uuid::now_v7().to_string(),
            validate_only: false,
        };
        let results = answer(client.batch_upsert_accounts(request).await)?.results;
        check_count(batch.len(), results.len())?;
        for (draft, result) in batch.iter().zip(results) {
            note(draft, result, &mut names, report);
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish();
    Ok(names)
}

fn note(
    draft: &AccountDraft,
    result: AccountRowResult,
    names: &mut HashMap<String, String>,
    report: &mut Report,
) {
    let (outcome, name) = match result.result {
        Some(RowResult::Created(name)) => (Outcome::Created, name),
        Some(RowResult::Updated(name)) => (Outcome::Updated, name),
        Some(RowResult::Unchanged(name)) => (Outcome::Unchanged, name),
        Some(RowResult::Error(error)) => {
            return report.note(&draft.place, draft.key(), refused(&error));
        }
        None => return report.note(&draft.place, draft.key(), refused(&Default::default())),
    };
    names.insert(draft.key().to_owned(), name);
    report.note(&draft.place, draft.key(), outcome);
}
