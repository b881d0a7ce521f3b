//! Insiders: the people of a map whose identity needs a permission of its own (R20).

use sqlx::PgConnection;
use uuid::Uuid;

use super::DecisionMap;
use super::stakeholder::Stakeholder;
use crate::error::Error;
use crate::ids::{ContactId, MapId};

/// What lifts the mask; the contract names it as `reveals`.
pub const PERMISSION: &str = "accounts.insiders.get";

const COLLECTION: &str = "insiders/";

/// How a masked person is called in one map.
pub fn handle(number: i32) -> String {
    format!("{COLLECTION}{number}")
}

/// The number in a handle; none in anything else.
pub fn number_in(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(COLLECTION)?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (handle(number) == text).then_some(number)
}

/// Gives a number to everybody sensitive who has none: who has just become so, and who was
/// before there were numbers. The same ones each time until they are stored.
pub async fn number_all(connection: &mut PgConnection, map: &mut DecisionMap) -> Result<(), Error> {
    if !map.stakeholders.iter().any(lacks_number) {
        return Ok(());
    }
    let highest = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) as "highest!" from accounts.insider where opportunity_id = $1"#,
        map.header.opportunity_id,
    )
    .fetch_one(connection)
    .await?;
    number(&mut map.stakeholders, highest);
    Ok(())
}

fn lacks_number(person: &Stakeholder) -> bool {
    person.is_sensitive() && person.insider_number.is_none()
}

fn number(people: &mut [Stakeholder], highest: i32) {
    let known = people.iter().filter_map(|person| person.insider_number);
    let highest = known.fold(highest, i32::max);
    let unnumbered = people.iter_mut().filter(|person| lacks_number(person));
    for (person, number) in unnumbered.zip(highest + 1..) {
        person.insider_number = Some(number);
    }
}

/// Keeps the numbers of the map's insiders, also for when they have left it.
pub async fn store(connection: &mut PgConnection, map: &DecisionMap) -> Result<(), Error> {
    let people = map.stakeholders.iter();
    let insiders: Vec<&Stakeholder> = people.filter(|p| p.insider_number.is_some()).collect();
    if insiders.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i32> = insiders.iter().filter_map(|p| p.insider_number).collect();
    sqlx::query!(
        "insert into accounts.insider (tenant_id, opportunity_id, contact_id, number, function, at_customer)
         select events.tenant_id(), $1, one.*
         from unnest($2::uuid[], $3::integer[], $4::integer[], $5::boolean[]) as one
         on conflict (tenant_id, opportunity_id, contact_id) do nothing",
        map.header.opportunity_id,
        &insiders.iter().map(|p| p.contact_id).collect::<Vec<Uuid>>(),
        &numbers,
        &insiders.iter().map(|p| p.function).collect::<Vec<i32>>(),
        &insiders.iter().map(|p| p.is_at_customer).collect::<Vec<bool>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the map ever had an insider who was given a number.
pub async fn were_any(connection: &mut PgConnection, map: MapId) -> Result<bool, Error> {
    let any = sqlx::query_scalar!(
        r#"select exists (select from accounts.insider where opportunity_id = $1) as "any!""#,
        map.0,
    );
    Ok(any.fetch_one(connection).await?)
}

/// What stays of somebody who was an insider of a map.
#[derive(Clone, Copy, Debug)]
pub struct Former {
    pub number: i32,
    pub function: i32,
    pub at_customer: bool,
}

/// What is kept of somebody who was an insider of the map before.
pub async fn find(
    connection: &mut PgConnection,
    map: MapId,
    contact: ContactId,
) -> Result<Option<Former>, Error> {
    let former = sqlx::query_as!(
        Former,
        "select number, function, at_customer from accounts.insider
         where opportunity_id = $1 and contact_id = $2",
        map.0,
        contact.0,
    );
    Ok(former.fetch_optional(connection).await?)
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::StakeholderRole;

    use super::super::stakeholder::example::person;
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_is_written() {
        assert_eq!(number_in(&handle(12)), Some(12));
        for other in [
            "insiders/",
            "insiders/0",
            "insiders/01",
            "insiders/+1",
            "contacts/1",
            "1",
        ] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }

    #[test]
    fn the_sensitive_are_numbered_after_all_that_were() {
        let coach = Stakeholder {
            roles: vec![StakeholderRole::Coach.into()],
            ..person(1)
        };
        let told = Stakeholder {
            sensitive: true,
            ..person(3)
        };
        let known = Stakeholder {
            insider_number: Some(4),
            ..person(4)
        };
        let mut people = [coach, person(2), told, known];
        number(&mut people, 2);
        let numbers = people.each_ref().map(|person| person.insider_number);
        assert_eq!(numbers, [Some(5), None, Some(6), Some(4)]);
        number(&mut people, 9);
        assert_eq!(
            people.map(|person| person.insider_number),
            numbers,
            "a number is kept"
        );
    }
}
