//! Begins an import.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    self as proto, CreateImportRequest, CreateImportResponse, ImportChanged, ImportCounts,
    ImportDuplicates, ImportState,
};
use prost::Message as _;
use sqlx::PgConnection;

use super::Import;
use crate::Accounts;
use crate::error::Error;
use crate::ids::ImportId;

/// The longest name of a system that a key may have, in characters.
const SOURCE_SYSTEM: usize = 64;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateImportRequest,
) -> Result<CreateImportResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.import.clone().unwrap_or_default();
    let import = begin(service, call, &sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            insert(w, &import).await?;
            let change = ImportChanged {
                before: None,
                after: Some(import.record.clone()),
            };
            w.record(import.name().to_string(), import.version, &change);
            Ok(CreateImportResponse {
                import: Some(import.record.clone()),
            })
        })
        .await
}

fn begin(service: &Accounts, call: &Call, sent: &proto::Import, bad: &mut Violations) -> Import {
    let id = service.mutations.clock.id();
    let duplicates: ImportDuplicates = bad.optional_enum("import.duplicates", sent.duplicates);
    let duplicates = match duplicates {
        ImportDuplicates::Unspecified => ImportDuplicates::Create,
        told => told,
    };
    let record = proto::Import {
        name: ImportId(id).to_string(),
        etag: "1".to_owned(),
        create_time: Some(wire::timestamp(call.now)),
        update_time: Some(wire::timestamp(call.now)),
        display_name: bad.line("import.display_name", &sent.display_name, 200),
        source_system: bad.name_text("import.source_system", &sent.source_system, SOURCE_SYSTEM),
        duplicates: duplicates.into(),
        dry_run: sent.dry_run,
        state: ImportState::Open.into(),
        creator: call.principal.subject.clone(),
        received_line: 0,
        row_count: 0,
        accounts: Some(ImportCounts::default()),
        contacts: Some(ImportCounts::default()),
    };
    Import {
        id,
        version: 1,
        owner_id: call.principal.person,
        team_id: call.principal.team,
        record,
    }
}

async fn insert(connection: &mut PgConnection, import: &Import) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.import (tenant_id, id, version, owner_id, team_id, creator, state, record)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7)",
        import.id,
        import.version,
        import.owner_id,
        import.team_id,
        import.record.creator,
        import.record.state,
        import.record.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
