//! Rows that are sent to an import, and what became of them.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::imports_service_client::ImportsServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use prost::Message as _;
use tonic::{Response, Status};

use super::world::{World, take};

pub fn imports(world: &World, caller: &Caller) -> ImportsServiceClient<Channel> {
    ImportsServiceClient::new(world.server.connect(caller))
}

pub fn begin(source_system: &str, duplicates: ImportDuplicates) -> CreateImportRequest {
    let import = Import {
        display_name: "customers.csv".to_owned(),
        source_system: source_system.to_owned(),
        duplicates: duplicates.into(),
        ..Import::default()
    };
    CreateImportRequest {
        import: Some(import),
        ..Default::default()
    }
}

pub async fn begun(
    world: &World,
    caller: &Caller,
    source_system: &str,
    duplicates: ImportDuplicates,
) -> Import {
    let request = begin(source_system, duplicates);
    take(imports(world, caller).create_import(request).await)
        .import
        .unwrap()
}

pub fn key(id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        external_id: id.to_owned(),
        ..ExternalKey::default()
    })
}

/// A row with an account of this key, called after it.
pub fn row(line: i64, id: &str) -> ImportRow {
    called(line, id, &format!("客户{id}"))
}

pub fn called(line: i64, id: &str, display_name: &str) -> ImportRow {
    let account = Account {
        display_name: display_name.to_owned(),
        external_key: key(id),
        ..Account::default()
    };
    ImportRow {
        line,
        place: format!("customers.csv line {line}"),
        account: Some(AccountRow {
            account: Some(account),
            ..AccountRow::default()
        }),
        ..ImportRow::default()
    }
}

pub fn contact(id: &str, display_name: &str) -> ContactRow {
    let contact = Contact {
        display_name: display_name.to_owned(),
        external_key: key(id),
        ..Contact::default()
    };
    ContactRow {
        contact: Some(contact),
        ..ContactRow::default()
    }
}

pub fn with(row: ImportRow, contacts: Vec<ContactRow>) -> ImportRow {
    ImportRow { contacts, ..row }
}

pub fn under(mut row: ImportRow, parent: &str) -> ImportRow {
    row.account.as_mut().unwrap().parent_external_id = parent.to_owned();
    row
}

pub fn messages(import: &Import, chunks: Vec<Vec<ImportRow>>) -> Vec<UploadImportRowsRequest> {
    let message = |rows| UploadImportRowsRequest {
        import: import.name.clone(),
        rows,
    };
    chunks.into_iter().map(message).collect()
}

pub type Answer = Result<Response<UploadImportRowsResponse>, Status>;

pub async fn upload(
    world: &World,
    caller: &Caller,
    import: &Import,
    chunks: Vec<Vec<ImportRow>>,
) -> Answer {
    send(world, caller, messages(import, chunks)).await
}

pub async fn send(world: &World, caller: &Caller, sent: Vec<UploadImportRowsRequest>) -> Answer {
    let stream = tokio_stream::iter(sent);
    imports(world, caller).upload_import_rows(stream).await
}

pub async fn results(world: &World, import: &Import) -> Vec<ImportResult> {
    only(world, import, ImportOutcome::Unspecified).await
}

pub async fn only(world: &World, import: &Import, only: ImportOutcome) -> Vec<ImportResult> {
    let request = ListImportResultsRequest {
        name: import.name.clone(),
        page_size: 1000,
        only: only.into(),
        ..Default::default()
    };
    let mut imports = imports(world, &world.admin);
    take(imports.list_import_results(request).await).results
}

pub async fn stored(world: &World, import: &Import) -> Import {
    let request = GetImportRequest {
        name: import.name.clone(),
    };
    take(imports(world, &world.admin).get_import(request).await)
        .import
        .unwrap()
}

/// The outcomes in words; for a refusal its reason.
pub fn words(results: &[ImportResult]) -> Vec<String> {
    let word = |it: &ImportResult| told(it.outcome(), it.error.as_ref());
    results.iter().map(word).collect()
}

pub fn contact_words(result: &ImportResult) -> Vec<String> {
    let word = |it: &ImportContactResult| told(it.outcome(), it.error.as_ref());
    result.contacts.iter().map(word).collect()
}

pub fn told(outcome: ImportOutcome, error: Option<&keynode_proto::google::rpc::Status>) -> String {
    let Some(error) = error else {
        let name = outcome.as_str_name();
        return name.trim_start_matches("IMPORT_OUTCOME_").to_lowercase();
    };
    let mut details = error.details.iter();
    let info = details
        .find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"))
        .unwrap();
    tonic_types::pb::ErrorInfo::decode(info.value.as_slice())
        .unwrap()
        .reason
}
