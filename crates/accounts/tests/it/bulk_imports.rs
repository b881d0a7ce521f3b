//! Imports as records: begun, read, listed, ended.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::bulk::{begin, begun, imports, row, upload};
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

fn named(name: &str) -> GetImportRequest {
    GetImportRequest {
        name: name.to_owned(),
    }
}

fn finish(import: &Import) -> FinishImportRequest {
    FinishImportRequest {
        name: import.name.clone(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_import_is_begun_once_and_says_so_in_one_event() {
    let world = World::new().await;
    let mut imports = imports(&world, &world.admin);
    let request = CreateImportRequest {
        request_id: request_id(),
        ..begin("sap", ImportDuplicates::Unspecified)
    };
    let first = take(imports.create_import(request.clone()).await)
        .import
        .unwrap();
    assert_eq!(
        (first.state(), first.duplicates(), first.received_line),
        (ImportState::Open, ImportDuplicates::Create, 0)
    );
    assert_eq!(first.creator, world.admin.person_name());
    let again = take(imports.create_import(request.clone()).await)
        .import
        .unwrap();
    assert_eq!(again, first);
    let events = world.events(&first.name).await;
    assert_eq!(events.len(), 1);
    let change: ImportChanged = events[0].message();
    assert_eq!((change.before, change.after), (None, Some(first.clone())));
    let other = CreateImportRequest {
        import: begin("crm", ImportDuplicates::Create).import,
        ..request
    };
    assert_eq!(
        reason_of(imports.create_import(other).await),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(
        take(imports.get_import(named(&first.name)).await).import,
        Some(first)
    );
}

#[tokio::test]
async fn every_bad_field_of_an_import_is_named_and_a_check_stores_nothing() {
    let world = World::new().await;
    let mut imports = imports(&world, &world.admin);
    let import = Import {
        display_name: "x".repeat(201),
        duplicates: 99,
        ..Import::default()
    };
    let request = CreateImportRequest {
        import: Some(import),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(imports.create_import(request).await),
        [
            "import.display_name",
            "import.duplicates",
            "import.source_system"
        ]
    );
    let check = CreateImportRequest {
        validate_only: true,
        ..begin("sap", ImportDuplicates::Review)
    };
    let checked = take(imports.create_import(check).await).import.unwrap();
    assert_eq!(
        reason_of(imports.get_import(named(&checked.name)).await),
        "IMPORT_NOT_FOUND"
    );
    let seller = world.seller("").await;
    let mut not_his = super::bulk::imports(&world, &seller);
    let request = begin("sap", ImportDuplicates::Create);
    assert_eq!(
        reason_of(not_his.create_import(request).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn imports_of_others_are_not_there() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let stranger = world.settle(tenant()).await;
    let seller = world.seller("").await;
    for caller in [&stranger, &seller] {
        let mut imports = imports(&world, caller);
        assert_eq!(
            reason_of(imports.get_import(named(&import.name)).await),
            "IMPORT_NOT_FOUND"
        );
        let results = ListImportResultsRequest {
            name: import.name.clone(),
            ..Default::default()
        };
        assert_eq!(
            reason_of(imports.list_import_results(results).await),
            "IMPORT_NOT_FOUND"
        );
        let listed = imports.list_imports(ListImportsRequest::default()).await;
        assert_eq!(take(listed).imports, []);
    }
    let mut strangers = imports(&world, &stranger);
    assert_eq!(
        reason_of(strangers.finish_import(finish(&import)).await),
        "IMPORT_NOT_FOUND"
    );
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut managers = imports(&world, &manager);
    assert_eq!(
        take(managers.get_import(named(&import.name)).await).import,
        Some(import)
    );
    let bad = managers.get_import(named("accounts/1")).await;
    assert_eq!(bad_fields(bad), ["name"]);
}

#[tokio::test]
async fn imports_are_listed_in_pages_by_how_far_they_are() {
    let world = World::new().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
        names.push(import.name);
    }
    let mut imports = imports(&world, &world.admin);
    let request = ListImportsRequest {
        page_size: 2,
        ..Default::default()
    };
    let first = take(imports.list_imports(request.clone()).await);
    let rest = ListImportsRequest {
        page_token: first.next_page_token.clone(),
        ..request.clone()
    };
    let second = take(imports.list_imports(rest.clone()).await);
    assert_eq!(second.next_page_token, "");
    let listed = first.imports.iter().chain(&second.imports);
    assert_eq!(listed.map(|it| it.name.clone()).collect::<Vec<_>>(), names);
    let foreign = ListImportsRequest {
        state: ImportState::Finished.into(),
        ..rest
    };
    assert_eq!(
        reason_of(imports.list_imports(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
    take(imports.finish_import(finish(&first.imports[1])).await);
    let open = ListImportsRequest {
        state: ImportState::Finished.into(),
        ..Default::default()
    };
    let finished = take(imports.list_imports(open).await).imports;
    assert_eq!(finished.len(), 1);
    assert_eq!(finished[0].name, names[1]);
}

#[tokio::test]
async fn an_import_that_ended_takes_no_more_rows_and_ends_once() {
    let world = World::new().await;
    let import = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let mut imports = imports(&world, &world.admin);
    let stale = FinishImportRequest {
        etag: "9".to_owned(),
        ..finish(&import)
    };
    assert_eq!(
        reason_of(imports.finish_import(stale).await),
        "ETAG_MISMATCH"
    );
    let check = FinishImportRequest {
        validate_only: true,
        ..finish(&import)
    };
    take(imports.finish_import(check).await);
    let request = FinishImportRequest {
        etag: "1".to_owned(),
        request_id: request_id(),
        ..finish(&import)
    };
    let ended = take(imports.finish_import(request.clone()).await)
        .import
        .unwrap();
    assert_eq!(
        (ended.state(), ended.etag.as_str()),
        (ImportState::Finished, "2")
    );
    assert_eq!(
        take(imports.finish_import(request).await).import,
        Some(ended)
    );
    assert_eq!(world.events(&import.name).await.len(), 2);
    assert_eq!(
        reason_of(imports.finish_import(finish(&import)).await),
        "IMPORT_CLOSED"
    );
    let late = upload(&world, &world.admin, &import, vec![vec![row(1, "1")]]).await;
    assert_eq!(reason_of(late), "IMPORT_CLOSED");
    let missing = FinishImportRequest {
        name: nobody("imports"),
        ..Default::default()
    };
    assert_eq!(
        reason_of(imports.finish_import(missing).await),
        "IMPORT_NOT_FOUND"
    );
    assert_eq!(
        bad_fields(imports.finish_import(FinishImportRequest::default()).await),
        ["name"]
    );
    let other = begun(&world, &world.admin, "sap", ImportDuplicates::Create).await;
    let abort = FinishImportRequest {
        abort: true,
        ..finish(&other)
    };
    let ended = take(imports.finish_import(abort).await).import.unwrap();
    assert_eq!(ended.state(), ImportState::Aborted);
}
