//! Reads a version of the attractiveness model, and lists the versions.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::name::NameError;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AttractivenessModel, GetAttractivenessModelRequest, GetAttractivenessModelResponse,
    ListAttractivenessModelsRequest, ListAttractivenessModelsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ModelId, decode, find, in_force};
use crate::Accounts;
use crate::error::Error;
use crate::segment::refusal::Refusal;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAttractivenessModelRequest,
) -> Result<GetAttractivenessModelResponse, Error> {
    let asked = match request.name.is_empty() {
        true => None,
        false => Some(read_name(&request.name)?),
    };
    let model = service
        .read(call, async |tx: &mut Tx| match asked {
            None => in_force(tx).await,
            Some(id) => Ok(find(tx, id).await?.ok_or(Refusal::ModelNotFound(id))?),
        })
        .await?;
    Ok(GetAttractivenessModelResponse { model: Some(model) })
}

fn read_name(name: &str) -> Result<ModelId, Error> {
    let mut bad = Violations::default();
    let id = name.parse().unwrap_or_else(|error: NameError| {
        bad.add("name", error.to_string());
        ModelId(0)
    });
    bad.finish()?;
    Ok(id)
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListAttractivenessModelsRequest,
) -> Result<ListAttractivenessModelsResponse, Error> {
    let arguments = ["ListAttractivenessModels"];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| select(tx, &page).await)
        .await?;
    let (rows, next_page_token) = page.close(found, |(key, _)| *key);
    Ok(ListAttractivenessModelsResponse {
        models: rows.into_iter().map(|(_, model)| model).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
) -> Result<Vec<(Uuid, AttractivenessModel)>, Error> {
    let rows = sqlx::query!(
        "select key, definition from accounts.attractiveness_model
         where version > coalesce((select version from accounts.attractiveness_model where key = $1), 0)
         order by version limit $2",
        page.after,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.key, decode(&row.definition)?)))
        .collect()
}
