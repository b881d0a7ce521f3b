//! From the events of a deal to how it ended.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::wire;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityStatus};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::State;
use crate::error::Error;
use crate::folded::folded;
use crate::ids::{AccountId, OpportunityId, PersonId, TeamId};

/// A deal as its newest event has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    opportunity: Uuid,
    /// None while it is open.
    end: Option<End>,
}

#[derive(Clone, Debug, PartialEq)]
struct End {
    state: State,
    closed: jiff::Timestamp,
    account: Option<Uuid>,
    owner: Option<Uuid>,
    team: Option<Uuid>,
    amount: Option<(String, Decimal)>,
    competitors: Vec<String>,
}

impl Seen {
    /// None when the event names no deal. A deal that is closed at no time is left out, like
    /// an open one.
    pub fn of(after: &Opportunity) -> Option<Self> {
        let opportunity: OpportunityId = after.name.parse().ok()?;
        Some(Self {
            opportunity: opportunity.0,
            end: End::of(after),
        })
    }

    /// Keeps how the deal ended, unless something newer is kept. Version: the deal's.
    pub async fn store(self, connection: &mut PgConnection, version: i64) -> Result<(), Error> {
        match self.end {
            Some(end) => end.store(connection, self.opportunity, version).await,
            None => forget(connection, self.opportunity, version).await,
        }
    }
}

impl End {
    fn of(deal: &Opportunity) -> Option<Self> {
        let state = match deal.status() {
            OpportunityStatus::Won | OpportunityStatus::Completed => State::Won,
            OpportunityStatus::Lost => State::Lost,
            OpportunityStatus::Abandoned => State::Abandoned,
            OpportunityStatus::Open | OpportunityStatus::Unspecified => return None,
        };
        let mut competitors: Vec<String> = deal.competitors.iter().map(|it| folded(it)).collect();
        competitors.retain(|name| !name.is_empty());
        Some(Self {
            state,
            closed: wire::read_timestamp(deal.close_time.as_ref()?).ok()?,
            account: deal.account.parse().ok().map(|id: AccountId| id.0),
            owner: deal.owner.parse().ok().map(|id: PersonId| id.0),
            team: deal.team.parse().ok().map(|id: TeamId| id.0),
            amount: deal
                .amount
                .as_ref()
                .and_then(|it| wire::read_money(it).ok()),
            competitors,
        })
    }

    async fn store(
        self,
        connection: &mut PgConnection,
        opportunity: Uuid,
        version: i64,
    ) -> Result<(), Error> {
        let (currency, amount) = self.amount.unzip();
        let stored = sqlx::query!(
            "insert into accounts.deal_result as d
               (tenant_id, opportunity_id, version, account_id, owner_id, team_id, state, amount, currency, closed_at)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (tenant_id, opportunity_id) do update
             set version = excluded.version, account_id = excluded.account_id, owner_id = excluded.owner_id,
                 team_id = excluded.team_id, state = excluded.state, amount = excluded.amount,
                 currency = excluded.currency, closed_at = excluded.closed_at
             where d.version < excluded.version",
            opportunity,
            version,
            self.account,
            self.owner,
            self.team,
            self.state.name(),
            amount,
            currency,
            self.closed.to_sqlx() as _,
        )
        .execute(&mut *connection)
        .await?;
        match stored.rows_affected() {
            0 => Ok(()),
            _ => store_competitors(connection, opportunity, &self.competitors).await,
        }
    }
}

async fn store_competitors(
    connection: &mut PgConnection,
    opportunity: Uuid,
    names: &[String],
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.deal_competitor_name where opportunity_id = $1",
        opportunity
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into accounts.deal_competitor_name (tenant_id, name_key, opportunity_id)
         select events.tenant_id(), n, $1 from unnest($2::text[]) as n on conflict do nothing",
        opportunity,
        names,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A deal that is open again has not ended.
async fn forget(
    connection: &mut PgConnection,
    opportunity: Uuid,
    version: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.deal_result where opportunity_id = $1 and version < $2",
        opportunity,
        version,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAL: &str = "opportunities/0190b5a0-0000-7000-8000-000000000001";

    fn closed(status: OpportunityStatus) -> Opportunity {
        Opportunity {
            name: DEAL.to_owned(),
            status: status.into(),
            close_time: Some(prost_types::Timestamp::default()),
            competitors: vec!["ＡＢＢ 中国".to_owned(), " ".to_owned()],
            ..Opportunity::default()
        }
    }

    #[test]
    fn delivered_deals_are_won() {
        for (status, expected) in [
            (OpportunityStatus::Won, State::Won),
            (OpportunityStatus::Completed, State::Won),
            (OpportunityStatus::Lost, State::Lost),
            (OpportunityStatus::Abandoned, State::Abandoned),
        ] {
            let end = Seen::of(&closed(status)).unwrap().end.unwrap();
            assert_eq!(end.state, expected);
            assert_eq!(end.competitors, ["abb中国"]);
            assert_eq!((end.account, end.amount), (None, None), "unknown stays so");
        }
    }

    #[test]
    fn an_open_deal_has_no_end_and_a_nameless_one_is_none() {
        assert_eq!(
            Seen::of(&closed(OpportunityStatus::Open)).unwrap().end,
            None
        );
        assert_eq!(Seen::of(&Opportunity::default()), None);
    }
}
