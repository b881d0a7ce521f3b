//! The terms by which lists find accounts: their tags and the values of their attributes.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

use super::Account;
use super::save::Change;
use crate::attribute::id::AttributeId;
use crate::attribute::value::Value;
use crate::error::Error;

/// The term of a tag.
pub fn of_tag(tag: &str) -> String {
    format!("tag:{tag}")
}

/// The term of a value; none for one that is too long to be found.
pub fn of_value(attribute: &AttributeId, value: &Value) -> Option<String> {
    Some(format!("{attribute}={}", value.term()?))
}

fn terms(account: &Account) -> BTreeSet<String> {
    let values = account.attributes.iter();
    let values = values.filter_map(|(attribute, value)| of_value(attribute, value));
    let tags = account.tags.iter().map(|tag| of_tag(tag));
    tags.chain(values).collect()
}

/// Writes the terms that came, and removes those that went.
pub async fn store(connection: &mut PgConnection, changes: &[Change<'_>]) -> Result<(), Error> {
    let (mut come, mut gone) = (Columns::default(), Columns::default());
    for change in changes {
        let before = change.before.map(terms).unwrap_or_default();
        let after = terms(change.after);
        come.push(change.after.id, after.difference(&before));
        gone.push(change.after.id, before.difference(&after));
    }
    remove(connection, &gone).await?;
    insert(connection, &come).await
}

#[derive(Debug, Default)]
struct Columns {
    accounts: Vec<Uuid>,
    terms: Vec<String>,
}

impl Columns {
    fn push<'a>(&mut self, account: Uuid, terms: impl Iterator<Item = &'a String>) {
        for term in terms {
            self.accounts.push(account);
            self.terms.push(term.clone());
        }
    }
}

async fn remove(connection: &mut PgConnection, gone: &Columns) -> Result<(), Error> {
    if gone.terms.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from accounts.account_term
         where (account_id, term) in (select * from unnest($1::uuid[], $2::text[]))",
        &gone.accounts,
        &gone.terms,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, come: &Columns) -> Result<(), Error> {
    if come.terms.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into accounts.account_term (tenant_id, account_id, term)
         select events.tenant_id(), n.* from unnest($1::uuid[], $2::text[]) as n
         on conflict do nothing",
        &come.accounts,
        &come.terms,
    )
    .execute(connection)
    .await?;
    Ok(())
}
