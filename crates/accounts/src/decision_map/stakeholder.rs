//! Stakeholders: the people in the decision, their weight, attitude and coverage.

use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Header;
use crate::analysis;
use crate::error::Error;
use crate::ids::ContactId;

/// A row of `accounts.stakeholder` with what the contact's row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Stakeholder {
    pub contact_id: Uuid,
    pub display_name: String,
    pub function: i32,
    pub department: String,
    /// Whether the person works at the account of the map, and not at a third party.
    pub is_at_customer: bool,
    pub added_in: i64,
    pub roles: Vec<i32>,
    pub weight: Option<i32>,
    pub attitude: i32,
    pub coverage: i32,
    pub evidence: String,
    pub evidence_date: Option<jiff_sqlx::Date>,
}

impl Stakeholder {
    pub fn name(&self) -> ContactId {
        ContactId(self.contact_id)
    }

    pub fn to_proto(&self) -> proto::Stakeholder {
        proto::Stakeholder {
            contact: self.name().to_string(),
            display_name: self.display_name.clone(),
            function: self.function,
            department: self.department.clone(),
            roles: self.roles.clone(),
            weight: self.weight,
            attitude: self.attitude,
            coverage: self.coverage,
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(|day| wire::date(day.to_jiff())),
        }
    }

    /// What the analysis needs to know. A value that this release does not know is unknown.
    pub fn for_analysis(&self) -> analysis::Person {
        let person = self.to_proto();
        analysis::Person {
            contact: person.contact.clone(),
            display_name: person.display_name.clone(),
            function: person.function(),
            is_at_customer: self.is_at_customer,
            roles: person.roles().collect(),
            weight: self.weight,
            attitude: person.attitude(),
            coverage: person.coverage(),
        }
    }
}

pub async fn find_all(
    connection: &mut PgConnection,
    map: &Header,
) -> Result<Vec<Stakeholder>, Error> {
    let rows = sqlx::query_as!(
        Stakeholder,
        r#"select s.contact_id, c.display_name, c.function, c.department, c.account_id = $2 as "is_at_customer!",
                  s.added_in, s.roles, s.weight, s.attitude, s.coverage, s.evidence, s.evidence_date
           from accounts.stakeholder s
           join accounts.contact c on c.tenant_id = s.tenant_id and c.id = s.contact_id
           where s.opportunity_id = $1
           order by s.added_in"#,
        map.opportunity_id,
        map.account_id,
    );
    Ok(rows.fetch_all(connection).await?)
}
