//! Reads one absence, and lists absences.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetAbsenceRequest, GetAbsenceResponse, ListAbsencesRequest, ListAbsencesResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Absence, find};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AbsenceId, PersonId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAbsenceRequest,
) -> Result<GetAbsenceResponse, Error> {
    let mut bad = Violations::default();
    let id: AbsenceId = bad.name("name", &request.name);
    bad.finish()?;
    let absence = service
        .read(call, async |tx: &mut Tx| find(tx, id).await)
        .await?;
    Ok(GetAbsenceResponse {
        absence: Some(absence.to_proto()),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListAbsencesRequest,
) -> Result<ListAbsencesResponse, Error> {
    let filter = Filter::read(&request)?;
    let days = format!("{:?} {:?}", filter.from, filter.until);
    let arguments = ["ListAbsences", &request.person, &request.deputy, &days];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let found = service
        .read(call, async |tx: &mut Tx| select(tx, &page, &filter).await)
        .await?;
    let (absences, next_page_token) = page.close(found, |absence| absence.id);
    Ok(ListAbsencesResponse {
        absences: absences.iter().map(Absence::to_proto).collect(),
        next_page_token,
    })
}

#[derive(Debug)]
struct Filter {
    person: Option<PersonId>,
    deputy: Option<PersonId>,
    from: Option<jiff::civil::Date>,
    until: Option<jiff::civil::Date>,
}

impl Filter {
    fn read(request: &ListAbsencesRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let filter = Self {
            person: bad.optional_name("person", &request.person),
            deputy: bad.optional_name("deputy", &request.deputy),
            from: bad.date("ends_on_or_after", request.ends_on_or_after),
            until: bad.date("starts_on_or_before", request.starts_on_or_before),
        };
        bad.page_size(request.page_size);
        bad.finish()?;
        Ok(filter)
    }
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Absence>, Error> {
    let rows = sqlx::query_as!(
        Absence,
        "select id, version, created_at, updated_at, person_id, deputy_id, start_date, end_date, reason, revoked_at
         from accounts.absence
         where id > $1 and revoked_at is null
           and ($2::uuid is null or person_id = $2)
           and ($3::uuid is null or deputy_id = $3)
           and ($4::date is null or end_date >= $4)
           and ($5::date is null or start_date <= $5)
         order by id limit $6",
        page.after.unwrap_or(Uuid::nil()),
        filter.person.map(|id| id.0),
        filter.deputy.map(|id| id.0),
        filter.from.map(ToSqlx::to_sqlx) as _,
        filter.until.map(ToSqlx::to_sqlx) as _,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
