//! Lists the leads above a person.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListManagersRequest, ListManagersResponse};
use sqlx::PgConnection;

use super::{Person, find};
use crate::Accounts;
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
    let managers = service
        .read(call, async |tx: &mut Tx| {
            let person = find(tx, id).await?;
            above(tx, &person).await
        })
        .await?;
    Ok(ListManagersResponse {
        managers: managers.iter().map(Person::to_proto).collect(),
    })
}

/// Whoever leads several of the teams stands where they are nearest.
async fn above(connection: &mut PgConnection, person: &Person) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query_as!(
        Person,
        r#"with recursive above (parent_id, lead_id, distance) as (
             select parent_id, lead_id, 0 from accounts.team where id = $1
             union all
             select t.parent_id, t.lead_id, a.distance + 1
             from accounts.team t join above a on t.id = a.parent_id
           ), lead (id, distance) as (
             select lead_id, min(distance) from above where lead_id <> $2 group by lead_id
           )
           select p.id, p.version, p.created_at, p.updated_at, p.display_name, p.login, p.team_id, p.roles,
                  p.disabled, p.source_system, p.external_id
           from accounts.person p join lead l on l.id = p.id
           order by l.distance"#,
        person.team_id,
        person.id,
    );
    Ok(rows.fetch_all(connection).await?)
}
