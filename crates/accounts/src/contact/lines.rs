//! Reporting lines: the formal chart of an account, without loops and inside the account.

use std::collections::HashMap;

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::refusal::Refusal;
use super::{Contact, rows};
use crate::account::tree;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};

/// One change of the lines at a time: two that are harmless alone may make a loop together.
/// Held until the transaction ends; taken before any row is locked, so that two writers
/// never wait for each other. Whoever writes an external key or moves a contact takes it
/// too, so that nobody misses a key or a report that another is about to add.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.contact/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The managers of these contacts and of all to whom they report.
pub async fn managers_above(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let rows = sqlx::query!(
        r#"with recursive above (id, manager_id) as (
             select id, manager_id from accounts.contact where id = any($1)
             union
             select m.id, m.manager_id from accounts.contact m join above a on m.id = a.manager_id
           )
           select id as "id!", manager_id as "manager_id!" from above where manager_id is not null"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    let pairs = rows.into_iter().map(|row| (row.id, row.manager_id));
    Ok(pairs.collect())
}

/// Who reports directly to this contact.
pub async fn reports(connection: &mut PgConnection, id: ContactId) -> Result<Vec<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.contact where manager_id = $1 order by id",
        id.0
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Refuses a manager who is not there, works elsewhere or reports to the contact; one who
/// stays is left alone.
pub async fn check(
    connection: &mut PgConnection,
    call: &Call,
    before: Option<&Contact>,
    after: &Contact,
) -> Result<(), Error> {
    let stored = before.and_then(|before| before.manager_id);
    let Some(manager) = after.manager_id.filter(|id| stored != Some(*id)) else {
        return Ok(());
    };
    let manager = rows::find(connection, call, ContactId(manager)).await?;
    same_account(manager.name(), manager.account_id, after)?;
    let mut managers = managers_above(connection, &[manager.id]).await?;
    managers.insert(after.id, manager.id);
    // What is stored has no loop, so any loop goes through this contact.
    match tree::loops(&managers).pop() {
        Some(way) => Err(Refusal::Cycle(starting_with(after.id, way)).into()),
        None => Ok(()),
    }
}

/// Refuses a manager who works at another account.
pub fn same_account(manager: ContactId, account: Uuid, report: &Contact) -> Result<(), Refusal> {
    match account == report.account_id {
        true => Ok(()),
        false => Err(Refusal::ManagerElsewhere {
            manager,
            account: AccountId(report.account_id),
        }),
    }
}

/// A loop as it is told to whoever changes this contact: from the contact to the contact.
pub fn starting_with(id: Uuid, mut way: Vec<Uuid>) -> Vec<ContactId> {
    // The first stands at the end once more.
    way.pop();
    let start = way.iter().position(|one| *one == id).unwrap_or_default();
    way.rotate_left(start);
    let first = way.first().copied();
    way.into_iter().chain(first).map(ContactId).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_told_from_the_contact_to_the_contact() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let told = starting_with(b, vec![c, a, b, c]);
        assert_eq!(told, [b, c, a, b].map(ContactId));
        assert_eq!(starting_with(a, vec![a, a]), [a, a].map(ContactId));
    }
}
