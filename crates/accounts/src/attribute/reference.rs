//! Records that values of attributes refer to.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::AttributeValue;
use keynode_proto::accounts::v1::attribute_value::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{AccountId, ContactId, PersonId};

/// Of the records that these values refer to, those that are there and seen.
pub async fn existing(
    connection: &mut PgConnection,
    call: &Call,
    values: impl Iterator<Item = &AttributeValue>,
) -> Result<HashSet<String>, Error> {
    let names: Vec<&str> = values.filter_map(reference).collect();
    let (all, me, teams) = call.visibility_parameters();
    if names.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = sqlx::query!(
        r#"select a.id as "account", null::uuid as "contact", null::uuid as "person"
           from accounts.account a
           where a.id = any($1) and a.merged_into_id is null and ($4 or a.owner_id = $5 or a.team_id = any($6))
           union all
           select null, c.id, null
           from accounts.contact c
           join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
           where c.id = any($2) and ($4 or a.owner_id = $5 or a.team_id = any($6))
           union all
           select null, null, p.id from accounts.person p where p.id = any($3)"#,
        &ids(&names, |AccountId(id)| id),
        &ids(&names, |ContactId(id)| id),
        &ids(&names, |PersonId(id)| id),
        all,
        me,
        &teams,
    );
    let names = rows.fetch_all(connection).await?.into_iter().map(|row| {
        let account = row.account.map(|id| AccountId(id).to_string());
        let contact = row.contact.map(|id| ContactId(id).to_string());
        let person = row.person.map(|id| PersonId(id).to_string());
        account.or(contact).or(person)
    });
    Ok(names.flatten().collect())
}

fn reference(value: &AttributeValue) -> Option<&str> {
    match &value.value {
        Some(Value::Reference(name)) => Some(name),
        _ => None,
    }
}

/// The ids in those names that are of one collection.
fn ids<T: std::str::FromStr>(names: &[&str], id: impl Fn(T) -> Uuid) -> Vec<Uuid> {
    names
        .iter()
        .filter_map(|name| name.parse().ok().map(&id))
        .collect()
}
