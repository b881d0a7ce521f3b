//! Contacts as they are stored: read and locked, only where the caller sees the account.

use keynode_kit::call::Call;
use keynode_kit::log;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Contact;
use super::detail::Detail;
use super::employer::FormerEmployer;
use crate::concern::Concern;
use crate::error::Error;
use crate::ids::ContactId;

/// Reads those of these contacts that are there and that the caller sees, in the order in
/// which they were made.
pub async fn load(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Contact>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Contact,
        r#"select c.id, c.version, c.created_at, c.updated_at, c.account_id, c.display_name, c.title, c.department,
                  c.function, c.details as "details: Json<Vec<Detail>>",
                  c.former_employers as "former_employers: Json<Vec<FormerEmployer>>",
                  c.concerns as "concerns: Json<Vec<Concern>>", c.manager_id, c.language_code, c.source_system,
                  c.external_id, c.left_on
           from accounts.contact c
           join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
           where c.id = any($1) and ($2 or a.owner_id = $3 or a.team_id = any($4))
           order by c.id"#,
        ids,
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Reads one contact of an account that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: ContactId,
) -> Result<Contact, Error> {
    let found = load(connection, call, &[id.0]).await?;
    found.into_iter().next().ok_or(Error::ContactNotFound(id))
}

/// Reads the same as [`load`] and keeps other writers away until the transaction ends.
pub async fn lock_all(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Contact>, Error> {
    let subjects: Vec<String> = ids.iter().map(|id| ContactId(*id).to_string()).collect();
    log::take_turn(connection, &subjects).await?;
    sqlx::query!(
        "select id from accounts.contact where id = any($1) order by id for no key update",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    load(connection, call, ids).await
}

/// Reads one contact and keeps other writers away until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: ContactId,
) -> Result<Contact, Error> {
    let found = lock_all(connection, call, &[id.0]).await?;
    found.into_iter().next().ok_or(Error::ContactNotFound(id))
}

/// Refuses an external key that another contact has; its name is told to who sees it.
pub async fn check_external_key(
    connection: &mut PgConnection,
    call: &Call,
    contact: &Contact,
) -> Result<(), Error> {
    let holder = sqlx::query_scalar!(
        "select id from accounts.contact where source_system = $1 and external_id = $2 and id <> $3",
        contact.source_system,
        contact.external_id,
        contact.id,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(holder) = holder else { return Ok(()) };
    let seen = load(connection, call, &[holder]).await?;
    Err(Error::ExternalKeyTaken {
        holder: seen.first().map(|contact| contact.name().to_string()),
    })
}
