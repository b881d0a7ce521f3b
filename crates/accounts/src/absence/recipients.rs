//! Says who is to be told instead of people who may be away.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    Recipient, RecipientStanding, ResolveRecipientsRequest, ResolveRecipientsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::deputy::{Away, Standing, stand_in};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AbsenceId, PersonId};
use crate::person::{self, Person};

const MAX_PEOPLE: usize = 1000;

pub async fn resolve(
    service: &Accounts,
    call: &Call,
    request: ResolveRecipientsRequest,
) -> Result<ResolveRecipientsResponse, Error> {
    let mut bad = Violations::default();
    let ids = read_people(&request.people, &mut bad);
    let at = read_moment(&request, call.now, &mut bad);
    bad.finish()?;
    let recipients = service
        .read(call, async |tx: &mut Tx| {
            person::require_all(tx, &ids).await?;
            let people = person::find_all(tx, &ids).await?;
            of(tx, &in_order(&ids, &people), at).await
        })
        .await?;
    Ok(ResolveRecipientsResponse { recipients })
}

fn read_people(names: &[String], bad: &mut Violations) -> Vec<Uuid> {
    if names.is_empty() || names.len() > MAX_PEOPLE {
        bad.add("people", format!("must be 1 to {MAX_PEOPLE}"));
        return Vec::new();
    }
    let mut read = |(index, name): (usize, &String)| {
        let id: PersonId = bad.name(&format!("people[{index}]"), name);
        id.0
    };
    names.iter().enumerate().map(&mut read).collect()
}

fn read_moment(
    request: &ResolveRecipientsRequest,
    now: Timestamp,
    bad: &mut Violations,
) -> Timestamp {
    match request.at.as_ref().map(wire::read_timestamp) {
        None => now,
        Some(Ok(at)) => at,
        Some(Err(error)) => {
            bad.add("at", error.to_string());
            now
        }
    }
}

/// The people as they were asked for, also when somebody was asked for twice. `people` is
/// sorted by id.
fn in_order(ids: &[Uuid], people: &[Person]) -> Vec<Person> {
    let find = |id: &Uuid| people.binary_search_by_key(id, |person| person.id).ok();
    ids.iter()
        .filter_map(|id| people.get(find(id)?).cloned())
        .collect()
}

/// Who is to be told at `at` instead of each of these.
pub async fn of(
    connection: &mut PgConnection,
    people: &[Person],
    at: Timestamp,
) -> Result<Vec<Recipient>, Error> {
    let rows = around(connection, at).await?;
    let mut involved: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [row.person_id, row.deputy_id])
        .collect();
    involved.sort_unstable();
    involved.dedup();
    let known: HashMap<Uuid, Person> = person::find_all(connection, &involved)
        .await?
        .into_iter()
        .map(|person| (person.id, person))
        .collect();
    let away = away(&rows, &known, at);
    let is_disabled = |id: Uuid| known.get(&id).is_some_and(|person| person.disabled);
    let recipient = |person: &Person| to_proto(person.id, stand_in(person.id, &away, is_disabled));
    Ok(people.iter().map(recipient).collect())
}

struct Row {
    id: Uuid,
    person_id: Uuid,
    deputy_id: Uuid,
    start_date: jiff_sqlx::Date,
    end_date: jiff_sqlx::Date,
}

/// The absences that cover the moment somewhere on earth: the day is another one for each
/// time zone. There are few at any time, so that chains need no query per link.
async fn around(connection: &mut PgConnection, at: Timestamp) -> Result<Vec<Row>, Error> {
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let rows = sqlx::query_as!(
        Row,
        "select id, person_id, deputy_id, start_date, end_date from accounts.absence
         where revoked_at is null and end_date >= $1 and start_date <= $2",
        day.yesterday().unwrap_or(Date::MIN).to_sqlx() as _,
        day.tomorrow().unwrap_or(Date::MAX).to_sqlx() as _,
    );
    Ok(rows.fetch_all(connection).await?)
}

fn away(rows: &[Row], known: &HashMap<Uuid, Person>, at: Timestamp) -> HashMap<Uuid, Away> {
    let covers = |row: &&Row| {
        let today = known.get(&row.person_id).map(|person| person.today(at));
        today.is_some_and(|day| (row.start_date.to_jiff()..=row.end_date.to_jiff()).contains(&day))
    };
    let entry = |row: &Row| {
        let away = Away {
            absence: row.id,
            deputy: row.deputy_id,
        };
        (row.person_id, away)
    };
    rows.iter().filter(covers).map(entry).collect()
}

fn to_proto(person: Uuid, standing: Standing) -> Recipient {
    let (kind, absence, chain) = match standing {
        Standing::Present => (RecipientStanding::Present, None, Vec::new()),
        Standing::Deputy { absence, chain } => (RecipientStanding::Deputy, Some(absence), chain),
        Standing::Nobody { absence, chain } => (RecipientStanding::Nobody, Some(absence), chain),
    };
    let recipient = match kind {
        RecipientStanding::Deputy => chain.last().copied().unwrap_or(person),
        _ => person,
    };
    Recipient {
        person: PersonId(person).to_string(),
        recipient: PersonId(recipient).to_string(),
        standing: kind.into(),
        deputies: chain
            .into_iter()
            .map(|id| PersonId(id).to_string())
            .collect(),
        absence: keynode_kit::name::optional::<AbsenceId>(absence),
    }
}
