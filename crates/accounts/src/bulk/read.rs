//! Reads imports.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetImportRequest, GetImportResponse, ImportState, ListImportsRequest, ListImportsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Import, Stored, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::ImportId;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetImportRequest,
) -> Result<GetImportResponse, Error> {
    let mut bad = Violations::default();
    let id: ImportId = bad.name("name", &request.name);
    bad.finish()?;
    let import = service
        .read(call, async |tx: &mut Tx| find(tx, call, id).await)
        .await?;
    Ok(GetImportResponse {
        import: Some(import.record),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListImportsRequest,
) -> Result<ListImportsResponse, Error> {
    let mut bad = Violations::default();
    let state: ImportState = bad.optional_enum("state", request.state);
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListImports", state.as_str_name()];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, call, &page, state).await
        })
        .await?;
    let (imports, next_page_token) = page.close(found, |import| import.id);
    Ok(ListImportsResponse {
        imports: imports.into_iter().map(|import| import.record).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    state: ImportState,
) -> Result<Vec<Import>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Stored,
        "select id, version, owner_id, team_id, record from accounts.import
         where id > $1 and ($2 = 0 or state = $2)
           and ($3 or owner_id = $4 or team_id = any($5) or creator = $6)
         order by id limit $7",
        page.after.unwrap_or(Uuid::nil()),
        i32::from(state),
        all,
        me,
        &teams,
        call.principal.subject,
        page.fetch(),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter().map(Stored::read).collect()
}
