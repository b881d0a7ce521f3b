//! Open deals of somebody whose records were given to others.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_proto::accounts::v1::{AccountsGiven, RecordsTransferred};
use keynode_proto::pipeline::v1::OpportunityStatus;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{AccountId, PersonId, TeamId};
use crate::opportunity::Opportunity;

/// Who has a record now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hands {
    owner: Option<Uuid>,
    /// None leaves the team that there is.
    team: Option<Uuid>,
}

/// What a transfer means for deals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    from: Uuid,
    at: Timestamp,
    /// Accounts that were given away, and into whose hands.
    given: HashMap<Uuid, Hands>,
    /// Who gets deals of other accounts and of none; nobody when the territories decided.
    heir: Option<Hands>,
    reach: Reach,
}

/// Which of the person's records were meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    All,
    OfTeams(HashSet<Uuid>),
}

impl Transfer {
    /// None when no deal can follow it.
    pub fn of(event: RecordsTransferred, at: Timestamp) -> Option<Self> {
        let from: PersonId = event.from.parse().ok()?;
        let heir = event.to.parse::<PersonId>().ok().map(|to| Hands {
            owner: Some(to.0),
            team: team(&event.to_team),
        });
        let teams = event.teams_seen.iter().filter_map(|name| team(name));
        Some(Self {
            from: from.0,
            at,
            given: event.given.iter().flat_map(given).collect(),
            heir,
            reach: match event.everything {
                true => Reach::All,
                false => Reach::OfTeams(teams.collect()),
            },
        })
    }

    /// The open deals that the person had when the records were given away.
    pub async fn deals(&self, connection: &mut PgConnection) -> Result<Vec<Uuid>, sqlx::Error> {
        sqlx::query_scalar!(
            "select id from pipeline.opportunity
             where owner_id = $1 and status = 'OPEN' and created_at <= $2 order by id",
            self.from,
            self.at.to_sqlx() as _,
        )
        .fetch_all(connection)
        .await
    }

    /// Those that go, as they are then.
    pub fn change(&self, deals: Vec<Opportunity>) -> Vec<(Opportunity, Opportunity)> {
        let given = |before: Opportunity| {
            let hands = self.hands(&before)?;
            let mut after = before.clone();
            after.terms.owner = hands.owner;
            after.terms.team = hands.team.or(before.terms.team);
            Some((before, after))
        };
        deals.into_iter().filter_map(given).collect()
    }

    fn hands(&self, deal: &Opportunity) -> Option<Hands> {
        let terms = &deal.terms;
        if terms.owner != Some(self.from) || deal.status() != OpportunityStatus::Open {
            return None;
        }
        let with_account = terms.account.and_then(|account| self.given.get(&account));
        let is_meant = match &self.reach {
            Reach::All => true,
            Reach::OfTeams(teams) => terms.team.is_some_and(|team| teams.contains(&team)),
        };
        with_account
            .copied()
            .or_else(|| self.heir.filter(|_| is_meant))
    }
}

fn given(group: &AccountsGiven) -> impl Iterator<Item = (Uuid, Hands)> {
    let hands = Hands {
        owner: group.owner.parse().ok().map(|PersonId(id)| id),
        team: team(&group.team),
    };
    let ids = group.accounts.iter().filter_map(|name| name.parse().ok());
    ids.map(move |AccountId(id)| (id, hands))
}

fn team(name: &str) -> Option<Uuid> {
    name.parse().ok().map(|TeamId(id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "people/0190b5a0-0000-7000-8000-000000000001";
    const TO: &str = "people/0190b5a0-0000-7000-8000-000000000002";

    #[test]
    fn what_an_older_release_told_moves_nothing() {
        let event = RecordsTransferred {
            from: FROM.to_owned(),
            to: TO.to_owned(),
            accounts: 3,
            ..RecordsTransferred::default()
        };
        let transfer = Transfer::of(event, Timestamp::UNIX_EPOCH).unwrap();
        assert!(transfer.given.is_empty());
        assert_eq!(transfer.reach, Reach::OfTeams(HashSet::new()));
    }
}
