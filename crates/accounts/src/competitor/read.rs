//! Reads one competitor or several, and lists competitors.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    BatchGetCompetitorsRequest, BatchGetCompetitorsResponse, GetCompetitorRequest,
    GetCompetitorResponse, ListCompetitorsRequest, ListCompetitorsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Competitor, find, find_all};
use crate::Accounts;
use crate::error::Error;
use crate::folded::folded;
use crate::ids::CompetitorId;
use crate::segment::read::MAX_BATCH;
use crate::segment::refusal::Refusal;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetCompetitorRequest,
) -> Result<GetCompetitorResponse, Error> {
    let mut bad = Violations::default();
    let id: CompetitorId = bad.name("name", &request.name);
    bad.finish()?;
    let competitor = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetCompetitorResponse {
        competitor: Some(competitor.to_proto()),
    })
}

pub async fn batch_get(
    service: &Accounts,
    call: &Call,
    request: BatchGetCompetitorsRequest,
) -> Result<BatchGetCompetitorsResponse, Error> {
    let mut bad = Violations::default();
    if !(1..=MAX_BATCH).contains(&request.names.len()) {
        bad.add("names", format!("must be 1 to {MAX_BATCH} names"));
    }
    let names = request.names.iter().enumerate();
    let ids: Vec<Uuid> = names
        .map(|(n, name)| bad.name::<CompetitorId>(&format!("names[{n}]"), name).0)
        .collect();
    bad.finish()?;
    let found = service
        .read(call, async |tx: &mut Tx| find_all(tx, &ids).await)
        .await?;
    let known: HashMap<Uuid, Competitor> = found.into_iter().map(|it| (it.id, it)).collect();
    let answer = |id: &Uuid| match known.get(id) {
        Some(competitor) => Ok(competitor.to_proto()),
        None => Err(Refusal::CompetitorNotFound(CompetitorId(*id))),
    };
    let competitors: Result<Vec<_>, Refusal> = ids.iter().map(answer).collect();
    Ok(BatchGetCompetitorsResponse {
        competitors: competitors?,
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListCompetitorsRequest,
) -> Result<ListCompetitorsResponse, Error> {
    let mut bad = Violations::default();
    let known_as = folded(&bad.text("known_as", &request.known_as, 200));
    bad.page_size(request.page_size);
    bad.finish()?;
    let archived = request.show_archived.to_string();
    let arguments = ["ListCompetitors", &known_as, &archived];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            select(tx, &page, &known_as, request.show_archived).await
        })
        .await?;
    let (competitors, next_page_token) = page.close(found, |competitor| competitor.id);
    Ok(ListCompetitorsResponse {
        competitors: competitors.iter().map(Competitor::to_proto).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    known_as: &str,
    show_archived: bool,
) -> Result<Vec<Competitor>, Error> {
    let rows = sqlx::query_as!(
        Competitor,
        "select id, version, created_at, updated_at, display_name, aliases, website, notes, strengths, source_system,
                external_id, archived_at
         from accounts.competitor c
         where id > $1 and ($2 or archived_at is null)
           and ($3 = '' or id = (select n.competitor_id from accounts.competitor_name n where n.name_key = $3))
         order by id limit $4",
        page.after.unwrap_or(Uuid::nil()),
        show_archived,
        known_as,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
