//! How deals ended, folded from the events of the service that keeps them.

pub mod fold;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{ClosedAmount, ClosedDeals};
use keynode_proto::google::r#type::Money;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::error::Error;
use crate::ids::{CompetitorId, SegmentId};

/// How a deal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Won,
    Lost,
    Abandoned,
}

impl State {
    const ALL: [Self; 3] = [Self::Won, Self::Lost, Self::Abandoned];

    /// As the database has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Abandoned => "abandoned",
        }
    }
}

/// Deals of one end and currency; no currency: the amounts are unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub state: String,
    pub currency: Option<String>,
    pub deals: i64,
    pub amount: Option<Decimal>,
}

/// The deals that the caller sees with the members of a segment, and with accounts that were
/// merged into them, closed from a moment on and before another.
pub async fn in_segment(
    connection: &mut PgConnection,
    call: &Call,
    segment: SegmentId,
    (from, before): (Option<Timestamp>, Option<Timestamp>),
) -> Result<Vec<Tally>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Tally,
        r#"with customer as (
             select m.account_id from accounts.segment_member m where m.segment_id = $1 and m.membership = 1
             union all
             select l.id
             from accounts.segment_member m
             join accounts.account l on l.tenant_id = m.tenant_id and l.merged_into_id = m.account_id
             where m.segment_id = $1 and m.membership = 1 and l.merged_into_id is not null)
           select d.state, d.currency, count(*) as "deals!", sum(d.amount) as amount
           from customer c
           join accounts.deal_result d on d.tenant_id = events.tenant_id() and d.account_id = c.account_id
           where ($2 or d.owner_id = $3 or d.team_id = any($4))
             and ($5::timestamptz is null or d.closed_at >= $5)
             and ($6::timestamptz is null or d.closed_at < $6)
           group by d.state, d.currency"#,
        segment.0,
        all,
        me,
        &teams,
        from.map(|at| at.to_sqlx()) as _,
        before.map(|at| at.to_sqlx()) as _,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The deals that the caller sees in which a competitor took part.
pub async fn against(
    connection: &mut PgConnection,
    call: &Call,
    competitor: CompetitorId,
) -> Result<Vec<Tally>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Tally,
        r#"select d.state, d.currency, count(*) as "deals!", sum(d.amount) as amount
           from accounts.deal_result d
           where ($2 or d.owner_id = $3 or d.team_id = any($4))
             and d.opportunity_id in (
               select c.opportunity_id from accounts.deal_competitor c where c.competitor_id = $1
               union
               select d.opportunity_id
               from accounts.competitor_name n
               join accounts.deal_competitor_name d on d.tenant_id = n.tenant_id and d.name_key = n.name_key
               where n.competitor_id = $1)
           group by d.state, d.currency"#,
        competitor.0,
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The tallies as one answer; amounts in the order of their currencies.
pub fn sum(tallies: &[Tally]) -> ClosedDeals {
    let [won, lost, abandoned] = State::ALL.map(|state| count(tallies, state));
    let decided = won + lost;
    let unknown = tallies.iter().filter(|tally| tally.currency.is_none());
    ClosedDeals {
        won,
        lost,
        abandoned,
        win_rate: (decided > 0).then(|| won as f64 / decided as f64),
        amounts: amounts(tallies),
        without_amount: unknown.map(|tally| tally.deals).sum(),
    }
}

fn count(tallies: &[Tally], state: State) -> i64 {
    let of_state = tallies.iter().filter(|tally| tally.state == state.name());
    of_state.map(|tally| tally.deals).sum()
}

fn amounts(tallies: &[Tally]) -> Vec<ClosedAmount> {
    let mut by_currency: BTreeMap<&str, Vec<&Tally>> = BTreeMap::new();
    for tally in tallies {
        if let Some(currency) = &tally.currency {
            by_currency.entry(currency).or_default().push(tally);
        }
    }
    let of = |tallies: &[&Tally], state: State| -> Option<Money> {
        let tally = tallies.iter().find(|tally| tally.state == state.name())?;
        wire::money(tally.currency.as_deref()?, tally.amount?).ok()
    };
    let amount = |(currency, tallies): (&str, Vec<&Tally>)| ClosedAmount {
        currency_code: currency.to_owned(),
        won: of(&tallies, State::Won),
        lost: of(&tallies, State::Lost),
        abandoned: of(&tallies, State::Abandoned),
    };
    by_currency.into_iter().map(amount).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(state: &str, currency: Option<&str>, deals: i64, amount: Option<i64>) -> Tally {
        Tally {
            state: state.to_owned(),
            currency: currency.map(str::to_owned),
            deals,
            amount: amount.map(Decimal::from),
        }
    }

    #[test]
    fn currencies_stay_apart_and_unknown_amounts_are_counted() {
        let summed = sum(&[
            tally("won", Some("USD"), 1, Some(5)),
            tally("won", Some("CNY"), 2, Some(300)),
            tally("lost", Some("CNY"), 1, Some(70)),
            tally("abandoned", None, 4, None),
        ]);
        assert_eq!((summed.won, summed.lost, summed.abandoned), (3, 1, 4));
        assert_eq!((summed.win_rate, summed.without_amount), (Some(0.75), 4));
        let [yuan, dollars] = &summed.amounts[..] else {
            panic!("two currencies: {:?}", summed.amounts)
        };
        let units = |money: &Option<Money>| money.as_ref().map(|money| money.units);
        assert_eq!((units(&yuan.won), units(&yuan.lost)), (Some(300), Some(70)));
        assert_eq!((units(&dollars.won), units(&dollars.lost)), (Some(5), None));
    }

    #[test]
    fn what_was_given_up_decides_no_rate() {
        assert_eq!(sum(&[tally("abandoned", None, 1, None)]).win_rate, None);
        assert_eq!(sum(&[]), ClosedDeals::default());
    }
}
