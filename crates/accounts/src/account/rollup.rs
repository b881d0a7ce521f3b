//! Adds up a group of accounts.

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AccountKindCount, AccountLevelCount, AccountRollup, GetAccountRollupRequest,
    GetAccountRollupResponse, RevenueSum,
};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{follow, tree};
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;

/// Accounts of a group that are added up at most.
const MAX_ACCOUNTS: usize = 10_000;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAccountRollupRequest,
) -> Result<GetAccountRollupResponse, Error> {
    let mut bad = Violations::default();
    let head: AccountId = bad.name("name", &request.name);
    bad.finish()?;
    let rollup = service
        .read(call, async |tx: &mut Tx| rollup(tx, call, head).await)
        .await?;
    Ok(GetAccountRollupResponse {
        rollup: Some(rollup),
    })
}

async fn rollup(tx: &mut Tx, call: &Call, head: AccountId) -> Result<AccountRollup, Error> {
    let head = follow(tx, call, head).await?.name();
    let mut ids = tree::with_all_below(tx, head.0, MAX_ACCOUNTS as i64 + 1).await?;
    let truncated = ids.len() > MAX_ACCOUNTS;
    ids.truncate(MAX_ACCOUNTS);
    let members = members(tx, call, &ids).await?;
    let seen: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    let known = count_known(tx, &seen).await?;
    Ok(AccountRollup {
        account: head.to_string(),
        contact_count: known.contacts,
        decision_map_count: known.maps,
        open_decision_map_count: known.open_maps,
        truncated,
        ..add_up(&members)
    })
}

/// What is added up of one account.
#[derive(Clone, Debug)]
struct Member {
    id: Uuid,
    kind: i32,
    level: i32,
    revenue_amount: Option<Decimal>,
    revenue_currency: Option<String>,
}

async fn members(
    connection: &mut PgConnection,
    call: &Call,
    ids: &[Uuid],
) -> Result<Vec<Member>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Member,
        "select id, kind, level, revenue_amount, revenue_currency from accounts.account
         where id = any($1) and ($2 or owner_id = $3 or team_id = any($4))",
        ids,
        all,
        me,
        &teams,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// What else is known of accounts.
struct Known {
    contacts: i64,
    maps: i64,
    open_maps: i64,
}

async fn count_known(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Known, Error> {
    let row = sqlx::query_as!(
        Known,
        r#"select (select count(*) from accounts.contact where account_id = any($1)) as "contacts!",
                  count(*) as "maps!", count(*) filter (where not complete) as "open_maps!"
           from accounts.decision_map where account_id = any($1)"#,
        ids,
    );
    Ok(row.fetch_one(connection).await?)
}

fn add_up(members: &[Member]) -> AccountRollup {
    let (mut levels, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    let mut revenues: BTreeMap<&str, (Option<Decimal>, i64)> = BTreeMap::new();
    for member in members {
        *levels.entry(member.level).or_insert(0) += 1;
        *kinds.entry(member.kind).or_insert(0) += 1;
        if let (Some(currency), Some(amount)) = (&member.revenue_currency, member.revenue_amount) {
            let sum = revenues.entry(currency).or_insert((Some(Decimal::ZERO), 0));
            sum.0 = sum.0.and_then(|total| total.checked_add(amount));
            sum.1 += 1;
        }
    }
    let known: i64 = revenues.values().map(|(_, count)| count).sum();
    AccountRollup {
        account_count: members.len() as i64,
        levels: levels.into_iter().map(level_count).collect(),
        kinds: kinds.into_iter().map(kind_count).collect(),
        revenue_unknown_count: members.len() as i64 - known,
        revenues: revenues.into_iter().map(revenue_sum).collect(),
        ..AccountRollup::default()
    }
}

fn level_count((level, account_count): (i32, i64)) -> AccountLevelCount {
    AccountLevelCount {
        level,
        account_count,
    }
}

fn kind_count((kind, account_count): (i32, i64)) -> AccountKindCount {
    AccountKindCount {
        kind,
        account_count,
    }
}

fn revenue_sum((currency, (total, count)): (&str, (Option<Decimal>, i64))) -> RevenueSum {
    RevenueSum {
        currency_code: currency.to_owned(),
        total: total.and_then(|total| wire::money(currency, total).ok()),
        account_count: count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(level: i32, revenue: Option<(&str, i64)>) -> Member {
        Member {
            id: Uuid::nil(),
            kind: 1,
            level,
            revenue_amount: revenue.map(|(_, amount)| amount.into()),
            revenue_currency: revenue.map(|(currency, _)| currency.to_owned()),
        }
    }

    #[test]
    fn revenue_is_added_by_currency_and_the_unknown_is_told() {
        let sums = add_up(&[
            member(1, Some(("CNY", 5))),
            member(3, Some(("CNY", 7))),
            member(3, Some(("EUR", 1))),
            member(3, None),
        ]);
        let totals: Vec<_> = sums
            .revenues
            .iter()
            .map(|r| {
                (
                    r.currency_code.as_str(),
                    r.total.as_ref().unwrap().units,
                    r.account_count,
                )
            })
            .collect();
        assert_eq!(totals, [("CNY", 12, 2), ("EUR", 1, 1)]);
        assert_eq!((sums.account_count, sums.revenue_unknown_count), (4, 1));
        let levels: Vec<_> = sums
            .levels
            .iter()
            .map(|l| (l.level, l.account_count))
            .collect();
        assert_eq!(levels, [(1, 1), (3, 3)]);
    }

    #[test]
    fn a_sum_that_money_cannot_say_is_left_out_but_counted() {
        let sums = add_up(&[
            member(0, Some(("CNY", i64::MAX))),
            member(0, Some(("CNY", i64::MAX))),
        ]);
        assert_eq!(
            (
                sums.revenues[0].total.clone(),
                sums.revenues[0].account_count
            ),
            (None, 2)
        );
    }
}
