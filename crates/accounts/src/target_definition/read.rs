//! Reads one target definition, and lists them.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{
    GetTargetDefinitionRequest, GetTargetDefinitionResponse, ListTargetDefinitionsRequest,
    ListTargetDefinitionsResponse, TargetDefinitionState,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{decode, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::TargetDefinitionId;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetTargetDefinitionRequest,
) -> Result<GetTargetDefinitionResponse, Error> {
    let mut bad = Violations::default();
    let id: TargetDefinitionId = bad.name("name", &request.name);
    bad.finish()?;
    let definition = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetTargetDefinitionResponse {
        target_definition: Some(definition.record),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListTargetDefinitionsRequest,
) -> Result<ListTargetDefinitionsResponse, Error> {
    let mut bad = Violations::default();
    bad.optional_enum::<TargetDefinitionState>("state", request.state);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListTargetDefinitions", &request.state.to_string()],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, request.state).await
        })
        .await?;
    let (found, next_page_token) = page.close(found, |(id, _)| *id);
    Ok(ListTargetDefinitionsResponse {
        target_definitions: found.into_iter().map(|(_, record)| record).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    state: i32,
) -> Result<Vec<(Uuid, proto::TargetDefinition)>, Error> {
    let rows = sqlx::query!(
        "select id, record from accounts.target_definition
         where id > $1 and ($2 = 0 or state = $2)
         order by id limit $3",
        page.after.unwrap_or(Uuid::nil()),
        state,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.id, decode(&row.record)?)))
        .collect()
}
