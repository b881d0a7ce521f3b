//! Reads one prospect, and lists prospects.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetProspectRequest, GetProspectResponse, ListProspectsRequest, ListProspectsResponse,
    ProspectChannel, ProspectState,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Prospect, row};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{PersonId, ProspectId, TargetDefinitionId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetProspectRequest,
) -> Result<GetProspectResponse, Error> {
    let mut bad = Violations::default();
    let id: ProspectId = bad.name("name", &request.name);
    bad.finish()?;
    let prospect = service
        .read(call, async |tx: &mut Tx| row::find(tx, call, id).await)
        .await?;
    Ok(GetProspectResponse {
        prospect: Some(prospect.record),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListProspectsRequest,
) -> Result<ListProspectsResponse, Error> {
    let filter = Filter::read(&request)?;
    let arguments = [
        "ListProspects",
        &request.channel.to_string(),
        &request.state.to_string(),
        &request.target_definition,
        &request.owner,
        &request.source_system,
    ];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, call, &page, &filter).await
        })
        .await?;
    let (prospects, next_page_token) = page.close(found, |prospect| prospect.id);
    Ok(ListProspectsResponse {
        prospects: prospects
            .into_iter()
            .map(|prospect| prospect.record)
            .collect(),
        next_page_token,
    })
}

struct Filter {
    channel: i32,
    state: i32,
    definition: Option<TargetDefinitionId>,
    owner: Option<PersonId>,
    source_system: String,
}

impl Filter {
    fn read(request: &ListProspectsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        bad.optional_enum::<ProspectChannel>("channel", request.channel);
        bad.optional_enum::<ProspectState>("state", request.state);
        let filter = Self {
            channel: request.channel,
            state: request.state,
            definition: bad.optional_name("target_definition", &request.target_definition),
            owner: bad.optional_name("owner", &request.owner),
            source_system: bad.text("source_system", &request.source_system, 64),
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
) -> Result<Vec<Prospect>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query!(
        "select id, version, record from accounts.prospect
         where id > $1 and ($2 or owner_id = $3 or team_id = any($4))
           and ($5 = 0 or channel = $5)
           and ($6 = 0 or state = $6)
           and ($7::uuid is null or definition_id = $7)
           and ($8::uuid is null or owner_id = $8)
           and ($9 = '' or source_system = $9)
         order by id limit $10",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        filter.channel,
        filter.state,
        filter.definition.map(|id| id.0),
        filter.owner.map(|id| id.0),
        filter.source_system,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| row::decode(row.id, row.version, &row.record))
        .collect()
}
