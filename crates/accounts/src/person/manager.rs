//! Direct superiors: who reports to whom, without loops.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::PersonId;

/// One change of the lines at a time: two that are harmless alone may make a loop together.
/// Taken before any person is locked, so that two writers never wait for each other.
pub async fn lock_lines(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.person/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses a manager who is not there, or who reports to the person already.
pub async fn check(
    connection: &mut PgConnection,
    person: Uuid,
    manager: Uuid,
) -> Result<(), Error> {
    if person == manager {
        return Err(Refusal::PersonCycle(vec![PersonId(person), PersonId(person)]).into());
    }
    let above = sqlx::query_scalar!(
        r#"with recursive above (id, manager_id, distance) as (
             select id, manager_id, 1 from accounts.person where id = $1
             union all
             select p.id, p.manager_id, a.distance + 1
             from accounts.person p join above a on p.id = a.manager_id
             where a.id <> $2
           )
           select id as "id!" from above order by distance"#,
        manager,
        person,
    )
    .fetch_all(connection)
    .await?;
    match above.last() {
        None => Err(Error::PersonNotFound(PersonId(manager))),
        Some(last) if *last == person => {
            let way = [person].into_iter().chain(above).map(PersonId).collect();
            Err(Refusal::PersonCycle(way).into())
        }
        Some(_) => Ok(()),
    }
}
