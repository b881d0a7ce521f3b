//! Reads one territory, and lists territories.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetTerritoryRequest, GetTerritoryResponse, ListTerritoriesRequest, ListTerritoriesResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::sight::{self, Sight};
use super::{Territory, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{TeamId, TerritoryId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetTerritoryRequest,
) -> Result<GetTerritoryResponse, Error> {
    let mut bad = Violations::default();
    let id: TerritoryId = bad.name("name", &request.name);
    bad.finish()?;
    let territory = service
        .read(call, async |tx: &mut Tx| {
            let territory = find(tx, call, id).await?;
            sight::shown(tx, call, &territory).await
        })
        .await?;
    Ok(GetTerritoryResponse {
        territory: Some(territory),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListTerritoriesRequest,
) -> Result<ListTerritoriesResponse, Error> {
    let filter = Filter::read(&request)?;
    let archived = request.show_archived.to_string();
    let arguments = [
        "ListTerritories",
        &request.team,
        &request.parent,
        &archived,
        &request.source_system,
    ];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let (found, sight) = service
        .read(call, async |tx: &mut Tx| {
            let ids = select(tx, call, &page, &filter).await?;
            let found = by_ids(tx, &ids).await?;
            let sight = Sight::of(tx, call, &found).await?;
            Ok::<_, Error>((found, sight))
        })
        .await?;
    let (territories, next_page_token) = page.close(found, |territory| territory.id);
    Ok(ListTerritoriesResponse {
        territories: territories.iter().map(|t| sight.shown(t)).collect(),
        next_page_token,
    })
}

struct Filter {
    team: Option<TeamId>,
    parent: Option<TerritoryId>,
    source_system: String,
    archived: bool,
}

impl Filter {
    fn read(request: &ListTerritoriesRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let filter = Self {
            team: bad.optional_name("team", &request.team),
            parent: bad.optional_name("parent", &request.parent),
            source_system: bad.text("source_system", &request.source_system, 64),
            archived: request.show_archived,
        };
        bad.page_size(request.page_size);
        bad.finish()?;
        Ok(filter)
    }
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_scalar!(
        "select id from accounts.territory
         where id > $1 and ($2 or owner_id = $3 or team_id = any($4))
           and ($5::uuid is null or team_id = $5)
           and ($6::uuid is null or parent_id = $6)
           and ($7 = '' or source_system = $7)
           and ($8 or archived_at is null)
         order by id limit $9",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        filter.team.map(|id| id.0),
        filter.parent.map(|id| id.0),
        filter.source_system,
        filter.archived,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The territories with these ids by age, whoever may see them.
pub async fn by_ids(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Territory>, Error> {
    let rows = sqlx::query_as!(
        Territory,
        r#"select t.id, t.version, t.created_at, t.updated_at, t.display_name, t.team_id, t.owner_id, t.priority,
                  t.regions, t.industries, t.capacity, t.overflow_id, t.parent_id, t.source_system, t.external_id,
                  t.archived_at,
                  array(select n.account_id from accounts.territory_named_account n
                        where n.territory_id = t.id order by n.account_id) as "named!",
                  (select count(*) from accounts.territory_account a where a.territory_id = t.id)
                    as "account_count!"
           from accounts.territory t where t.id = any($1) order by t.id"#,
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}
