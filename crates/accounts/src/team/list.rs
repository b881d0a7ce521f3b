//! Lists teams.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListTeamsRequest, ListTeamsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Team;
use crate::Accounts;
use crate::error::Error;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListTeamsRequest,
) -> Result<ListTeamsResponse, Error> {
    let mut bad = Violations::default();
    let source_system = bad.text("source_system", &request.source_system, 64);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListTeams", &request.source_system],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, &source_system).await
        })
        .await?;
    let (teams, next_page_token) = page.close(found, |team| team.id);
    Ok(ListTeamsResponse {
        teams: teams.iter().map(Team::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    source_system: &str,
) -> Result<Vec<Team>, Error> {
    let rows = sqlx::query_as!(
        Team,
        "select id, version, created_at, updated_at, display_name, parent_id, lead_id, manager_ids, source_system,
                external_id
         from accounts.team
         where id > $1 and ($2 = '' or source_system = $2)
         order by id limit $3",
        page.after.unwrap_or(Uuid::nil()),
        source_system,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The teams with these ids.
pub async fn by_ids(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Team>, Error> {
    let rows = sqlx::query_as!(
        Team,
        "select id, version, created_at, updated_at, display_name, parent_id, lead_id, manager_ids, source_system,
                external_id
         from accounts.team where id = any($1) order by id",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}
