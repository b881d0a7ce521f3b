//! Reads one person, and lists people.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetPersonRequest, GetPersonResponse, ListPeopleRequest, ListPeopleResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Person, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetPersonRequest,
) -> Result<GetPersonResponse, Error> {
    let mut bad = Violations::default();
    let id: PersonId = bad.name("name", &request.name);
    bad.finish()?;
    let person = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetPersonResponse {
        person: Some(person.shown_to(call)),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListPeopleRequest,
) -> Result<ListPeopleResponse, Error> {
    let mut bad = Violations::default();
    let team: Option<TeamId> = bad.optional_name("team", &request.team);
    let source_system = bad.text("source_system", &request.source_system, 64);
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListPeople", &request.team, &request.source_system];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, team, &source_system).await
        })
        .await?;
    let (people, next_page_token) = page.close(found, |person| person.id);
    Ok(ListPeopleResponse {
        people: people.iter().map(|person| person.shown_to(call)).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    team: Option<TeamId>,
    source_system: &str,
) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query_as!(
        Person,
        "select id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id, email, phone, title, language_code, time_zone, notice_channels,
                notice_targets, manager_id
         from accounts.person
         where id > $1 and ($2::uuid is null or team_id = $2) and ($3 = '' or source_system = $3)
         order by id limit $4",
        page.after.unwrap_or(Uuid::nil()),
        team.map(|team| team.0),
        source_system,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
