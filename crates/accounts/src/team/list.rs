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
use crate::ids::TeamId;

const MAX_WITHIN: usize = 1000;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListTeamsRequest,
) -> Result<ListTeamsResponse, Error> {
    let mut bad = Violations::default();
    let source_system = bad.text("source_system", &request.source_system, 64);
    let within = within(&mut bad, &request.within);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[
            "ListTeams",
            &request.source_system,
            &request.within.join(","),
        ],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, &source_system, &within).await
        })
        .await?;
    let (teams, next_page_token) = page.close(found, |team| team.id);
    Ok(ListTeamsResponse {
        teams: teams.iter().map(Team::to_proto).collect(),
        next_page_token,
    })
}

fn within(bad: &mut Violations, names: &[String]) -> Vec<Uuid> {
    if names.len() > MAX_WITHIN {
        let why = format!("must be at most {MAX_WITHIN}, are {}", names.len());
        bad.add("within", why);
        return Vec::new();
    }
    let read = |(n, name): (usize, &String)| {
        let TeamId(id) = bad.name(&format!("within[{n}]"), name);
        id
    };
    names.iter().enumerate().map(read).collect()
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    source_system: &str,
    within: &[Uuid],
) -> Result<Vec<Team>, Error> {
    let rows = sqlx::query_as!(
        Team,
        "with recursive below (id) as (
           select id from accounts.team where id = any($4)
           union
           select t.id from accounts.team t join below b on t.parent_id = b.id)
         select id, version, created_at, updated_at, display_name, parent_id, lead_id, manager_ids, source_system,
                external_id
         from accounts.team
         where id > $1 and ($2 = '' or source_system = $2)
           and (cardinality($4::uuid[]) = 0 or id in (select id from below))
         order by id limit $3",
        page.after.unwrap_or(Uuid::nil()),
        source_system,
        page.fetch(),
        within,
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
