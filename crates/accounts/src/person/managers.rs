//! Lists who stands above a person.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListManagersRequest, ListManagersResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Person, find, find_all};
use crate::Accounts;
use crate::absence::recipients;
use crate::error::Error;
use crate::ids::PersonId;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListManagersRequest,
) -> Result<ListManagersResponse, Error> {
    let mut bad = Violations::default();
    let id: PersonId = bad.name("person", &request.person);
    bad.finish()?;
    let (managers, recipients) = service
        .read(call, async |tx: &mut Tx| {
            let person = find(tx, id).await?;
            let managers = above(tx, &person).await?;
            let recipients = recipients::of(tx, &managers, call.now).await?;
            Ok::<_, Error>((managers, recipients))
        })
        .await?;
    Ok(ListManagersResponse {
        managers: managers
            .iter()
            .map(|person| person.shown_to(call))
            .collect(),
        recipients,
    })
}

/// The direct manager, then the leads, nearest first. Whoever leads several of the teams
/// stands where they are nearest.
async fn above(connection: &mut PgConnection, person: &Person) -> Result<Vec<Person>, Error> {
    let ids: Vec<Uuid> = sqlx::query_scalar!(
        r#"with recursive above (parent_id, lead_id, distance) as (
             select parent_id, lead_id, 1 from accounts.team where id = $1
             union all
             select t.parent_id, t.lead_id, a.distance + 1
             from accounts.team t join above a on t.id = a.parent_id
           ), superior (id, distance) as (
             select lead_id, distance from above where lead_id <> $2
             union all
             select m.id, 0 from unnest(array[$3::uuid]) as m (id) where m.id is not null
           )
           select id as "id!" from superior group by id order by min(distance)"#,
        person.team_id,
        person.id,
        person.manager_id,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut people = find_all(connection, &ids).await?;
    people.sort_by_key(|person| ids.iter().position(|id| *id == person.id));
    Ok(people)
}
