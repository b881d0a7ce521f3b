//! Stakeholders: the people in the decision, and how they are judged (R20, R21).

use keynode_kit::call::Call;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::StakeholderRole;
use sqlx::PgConnection;
use uuid::Uuid;

use super::insider;
use super::judgement::{self, Judgement};
use crate::contact::past::{Elsewhere, Past};
use crate::error::Error;
use crate::ids::{CompetitorId, ContactId};

/// A map has so many at most.
pub const AT_MOST: usize = 500;

/// A row of `accounts.stakeholder` with what the contact's row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Stakeholder {
    pub contact_id: Uuid,
    pub display_name: String,
    /// Of an insider: when the person became one, as a later change would tell who it is.
    pub function: i32,
    pub department: String,
    /// Whether the person works at the account of the map, and not at a third party; of an
    /// insider, when the person became one.
    pub is_at_customer: bool,
    /// Where the person is, if not at the account of the map.
    pub elsewhere: Option<Elsewhere>,
    pub added_in: i64,
    pub roles: Vec<i32>,
    pub weight: Option<i32>,
    pub attitude: i32,
    pub coverage: i32,
    pub relationship: i32,
    pub evidence: String,
    pub evidence_date: Option<jiff_sqlx::Date>,
    /// In the order of the aspects.
    pub judgements: Vec<Judgement>,
    pub supported_competitors: Vec<Uuid>,
    /// Told so; who plays an insider's part is sensitive without.
    pub sensitive: bool,
    /// Given with the first sensitive judgement, and kept.
    pub insider_number: Option<i32>,
}

impl Stakeholder {
    pub fn name(&self) -> ContactId {
        ContactId(self.contact_id)
    }

    pub fn plays(&self, role: StakeholderRole) -> bool {
        self.roles.contains(&role.into())
    }

    /// Whether a part that the person plays makes the identity sensitive by itself.
    pub fn plays_insider(&self) -> bool {
        self.plays(StakeholderRole::Coach) || self.plays(StakeholderRole::HiddenSupporter)
    }

    pub fn is_sensitive(&self) -> bool {
        self.sensitive || self.plays_insider() || self.insider_number.is_some()
    }

    /// The same, sensitive on its own account when the person was an insider before and no
    /// longer plays one: to be named now would tell who it was.
    pub fn still_sensitive(self) -> Self {
        let was_insider = self.insider_number.is_some();
        Self {
            sensitive: self.sensitive || (was_insider && !self.plays_insider()),
            ..self
        }
    }

    /// Whether the person was at the account of the map once and is not any more.
    pub fn has_departed(&self) -> bool {
        let place = self.elsewhere.as_ref();
        place.is_some_and(|place| place.past.is_some())
    }

    pub fn supports(&self, competitor: CompetitorId) -> bool {
        self.supported_competitors.contains(&competitor.0)
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
            relationship: self.relationship,
            judgements: self.judgements.iter().map(Judgement::to_proto).collect(),
            supported_competitors: self.competitors().collect(),
            sensitive: self.sensitive,
            masked: false,
            masked_as: None,
            insider: self.insider_number.map(insider::handle).unwrap_or_default(),
            departed: self.has_departed(),
        }
    }

    /// As the caller may see the person, insiders named: whose account the caller does not see
    /// is told as they were known at the account of the map.
    pub fn shown_to(&self, call: &Call) -> proto::Stakeholder {
        let told = self.to_proto();
        match &self.elsewhere {
            Some(place) if !call.sees(place.owner_id, place.team_id) => place.veil(told),
            _ => told,
        }
    }

    /// Whose supporter the person is, by name.
    pub fn competitors(&self) -> impl Iterator<Item = String> {
        self.supported_competitors
            .iter()
            .map(|id| CompetitorId(*id).to_string())
    }
}

/// The stakeholders of these maps, each with its map.
pub async fn find_all(
    connection: &mut PgConnection,
    maps: &[Uuid],
) -> Result<Vec<(Uuid, Stakeholder)>, Error> {
    let mut judgements = judgement::find_all(connection, maps).await?;
    let rows = sqlx::query!(
        r#"select s.opportunity_id, s.contact_id, c.display_name, coalesce(i.function, c.function) as "function!",
                  c.department, coalesce(i.at_customer, c.account_id = m.account_id) as "is_at_customer!", s.added_in, s.roles, s.weight, s.attitude,
                  s.coverage, s.relationship, s.evidence, s.evidence_date, s.supported_competitors, s.sensitive,
                  i.number as "insider_number?", c.account_id <> m.account_id as "is_elsewhere!", a.owner_id, a.team_id,
                  p.display_name as "past_name?", p.department as "past_department?",
                  p.function as "past_function?"
           from accounts.stakeholder s
           join accounts.decision_map m on m.tenant_id = s.tenant_id and m.opportunity_id = s.opportunity_id
           join accounts.contact c on c.tenant_id = s.tenant_id and c.id = s.contact_id
           join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
           left join accounts.contact_past p on p.tenant_id = s.tenant_id and p.contact_id = s.contact_id
             and p.account_id = m.account_id
           left join accounts.insider i on i.tenant_id = s.tenant_id and i.opportunity_id = s.opportunity_id
             and i.contact_id = s.contact_id
           where s.opportunity_id = any($1)
           order by s.opportunity_id, s.added_in"#,
        maps,
    )
    .fetch_all(connection)
    .await?;
    let stakeholder = rows.into_iter().map(|row| {
        let judgements = judgements.remove(&(row.opportunity_id, row.contact_id));
        let past = match (row.past_name, row.past_department, row.past_function) {
            (Some(display_name), Some(department), Some(function)) => Some(Past {
                display_name,
                department,
                function,
            }),
            _ => None,
        };
        let elsewhere = row.is_elsewhere.then_some(Elsewhere {
            owner_id: row.owner_id,
            team_id: row.team_id,
            past,
        });
        let stakeholder = Stakeholder {
            contact_id: row.contact_id,
            elsewhere,
            display_name: row.display_name,
            function: row.function,
            department: row.department,
            is_at_customer: row.is_at_customer,
            added_in: row.added_in,
            roles: row.roles,
            weight: row.weight,
            attitude: row.attitude,
            coverage: row.coverage,
            relationship: row.relationship,
            evidence: row.evidence,
            evidence_date: row.evidence_date,
            judgements: judgements.unwrap_or_default(),
            supported_competitors: row.supported_competitors,
            sensitive: row.sensitive,
            insider_number: row.insider_number,
        };
        (row.opportunity_id, stakeholder)
    });
    Ok(stakeholder.collect())
}

#[cfg(test)]
pub mod example {
    //! People and maps for tests of the rules.

    use jiff::Timestamp;
    use jiff_sqlx::ToSqlx;

    use super::super::{DecisionMap, Header};
    use super::*;

    /// Somebody of whom only the part is known.
    pub fn person(number: u128) -> Stakeholder {
        Stakeholder {
            contact_id: Uuid::from_u128(number),
            display_name: format!("person {number}"),
            function: 0,
            department: String::new(),
            is_at_customer: true,
            elsewhere: None,
            added_in: i64::try_from(number).expect("a small number") + 1,
            roles: vec![StakeholderRole::User.into()],
            weight: None,
            attitude: 0,
            coverage: 0,
            relationship: 0,
            evidence: String::new(),
            evidence_date: None,
            judgements: Vec::new(),
            supported_competitors: Vec::new(),
            sensitive: false,
            insider_number: None,
        }
    }

    /// A draft with these people.
    pub fn map(stakeholders: Vec<Stakeholder>) -> DecisionMap {
        DecisionMap {
            header: Header {
                opportunity_id: Uuid::nil(),
                version: 1,
                created_at: Timestamp::UNIX_EPOCH.to_sqlx(),
                updated_at: Timestamp::UNIX_EPOCH.to_sqlx(),
                account_id: Uuid::nil(),
                complete: false,
                competitors: Vec::new(),
            },
            stakeholders,
            influences: Vec::new(),
            criteria: Vec::new(),
        }
    }
}
