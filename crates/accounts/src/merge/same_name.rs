//! Contacts of one account that may be one person.

use std::collections::BTreeMap;

use keynode_proto::accounts::v1::SameNameContacts;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::folded::folded;
use crate::ids::ContactId;

/// Names that are answered at most.
const MOST_NAMES: usize = 100;
/// Contacts that are looked at at most.
const MOST_CONTACTS: i64 = 20_000;

/// The contacts of the account that have the same name, in the order in which the first of
/// each was made.
pub async fn of(
    connection: &mut PgConnection,
    account: Uuid,
) -> Result<Vec<SameNameContacts>, Error> {
    let rows = sqlx::query!(
        "select id, display_name from accounts.contact where account_id = $1 order by id limit $2",
        account,
        MOST_CONTACTS,
    )
    .fetch_all(connection)
    .await?;
    let people: Vec<(Uuid, String)> = rows
        .into_iter()
        .map(|row| (row.id, row.display_name))
        .collect();
    Ok(grouped(&people))
}

fn grouped(people: &[(Uuid, String)]) -> Vec<SameNameContacts> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, (_, name)) in people.iter().enumerate() {
        by_name.entry(folded(name)).or_default().push(index);
    }
    let mut groups: Vec<Vec<usize>> = by_name.into_values().filter(|g| g.len() > 1).collect();
    groups.sort_unstable();
    groups.truncate(MOST_NAMES);
    let group = |indexes: Vec<usize>| SameNameContacts {
        display_name: people[indexes[0]].1.clone(),
        contacts: indexes
            .iter()
            .map(|index| ContactId(people[*index].0).to_string())
            .collect(),
    };
    groups.into_iter().map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_whatever_their_case_width_and_blanks() {
        let people: Vec<(Uuid, String)> = ["Li Wei", "王芳", "ＬＩ wei", "张三", "王 芳", "li wei"]
            .iter()
            .enumerate()
            .map(|(n, name)| (Uuid::from_u128(n as u128), (*name).to_owned()))
            .collect();
        let found = grouped(&people);
        let told: Vec<(&str, usize)> = found
            .iter()
            .map(|group| (group.display_name.as_str(), group.contacts.len()))
            .collect();
        assert_eq!(told, [("Li Wei", 3), ("王芳", 2)]);
    }
}
