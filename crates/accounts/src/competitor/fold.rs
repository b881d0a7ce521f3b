//! From the events of decision maps to who competes in a deal, and who supports whom.

use keynode_proto::accounts::v1::DecisionMap;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{CompetitorId, ContactId, MapId};

/// Competitors of a deal as its decision map has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rivals {
    opportunity: Uuid,
    competitors: Vec<Uuid>,
    /// Contact and the competitor that it supports.
    supporters: Vec<(Uuid, Uuid)>,
}

impl Rivals {
    /// None when the event names no map.
    pub fn of(map: &DecisionMap) -> Option<Self> {
        let id: MapId = map.name.parse().ok()?;
        Some(Self {
            opportunity: id.0,
            competitors: competitors_of(map),
            supporters: supporters_of(map),
        })
    }

    /// Replaces what was known of the deal.
    pub async fn store(self, connection: &mut PgConnection) -> Result<(), Error> {
        sqlx::query!(
            "delete from accounts.deal_competitor where opportunity_id = $1",
            self.opportunity
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "delete from accounts.competitor_supporter where opportunity_id = $1",
            self.opportunity
        )
        .execute(&mut *connection)
        .await?;
        self.insert(connection).await
    }

    async fn insert(self, connection: &mut PgConnection) -> Result<(), Error> {
        let (contacts, supported): (Vec<Uuid>, Vec<Uuid>) = self.supporters.into_iter().unzip();
        // Whoever has a supporter in a deal competes in it.
        sqlx::query!(
            "insert into accounts.deal_competitor (tenant_id, opportunity_id, competitor_id)
             select events.tenant_id(), $1, c from unnest($2::uuid[]) as c
             on conflict do nothing",
            self.opportunity,
            &[self.competitors.as_slice(), &supported].concat(),
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "insert into accounts.competitor_supporter (tenant_id, opportunity_id, contact_id, competitor_id)
             select events.tenant_id(), $1, c.id, s.competitor_id
             from unnest($2::uuid[], $3::uuid[]) as s (contact_id, competitor_id)
             join accounts.contact c on c.tenant_id = events.tenant_id() and c.id = s.contact_id
             on conflict do nothing",
            self.opportunity,
            &contacts,
            &supported,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

fn competitors_of(map: &DecisionMap) -> Vec<Uuid> {
    map.competitors
        .iter()
        .filter_map(|name| id_of(name))
        .collect()
}

/// The people in a map with the competitors they support. Events show insiders under a
/// handle, which is no contact: they are left out, so that nobody is given away here.
fn supporters_of(map: &DecisionMap) -> Vec<(Uuid, Uuid)> {
    let mut supporters = Vec::new();
    for person in &map.stakeholders {
        let Ok(contact) = person.contact.parse::<ContactId>() else {
            continue;
        };
        let supported = person.supported_competitors.iter();
        supporters.extend(supported.filter_map(|name| Some((contact.0, id_of(name)?))));
    }
    supporters
}

fn id_of(competitor: &str) -> Option<Uuid> {
    Some(competitor.parse::<CompetitorId>().ok()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_of_one_deal() {
        let id = "0190b5a0-0000-7000-8000-000000000001";
        let map = DecisionMap {
            name: format!("opportunities/{id}/decisionMap"),
            ..DecisionMap::default()
        };
        let rivals = Rivals::of(&map).unwrap();
        assert_eq!(rivals.opportunity.to_string(), id);
        assert_eq!(Rivals::of(&DecisionMap::default()), None);
    }
}
