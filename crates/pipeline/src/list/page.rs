//! The ids of a page of deals. The statement has the conditions that are asked for and no other,
//! so that the planner sees which of them is rare: hence it is put together here and not checked
//! at compile time; every part of it is text of this file, every value is bound.
//!
//! Conditions below row-level security are made of operators that leak nothing (of uuid, text,
//! int8, date), because only those may use an index there.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1::OpportunityOrder;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use sqlx::postgres::Postgres;
use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;

use super::filter::Filter;
use crate::error::Error;
use crate::opportunity;

/// Deals that contain a text are looked up one by one if they are no more than this; if they are
/// more, some are soon met on the way through the list.
const FEW: usize = 2000;

/// From so many teams on, what fits a filter is looked for in all of them together: each alone
/// would be searched for a whole page.
const MANY_TEAMS: usize = 4;

/// A deal of a page.
#[derive(Debug, sqlx::FromRow)]
pub struct Found {
    pub id: Uuid,
    /// What it is ordered by before its id, as text; empty where nothing is.
    pub key: String,
}

/// What is looked for besides the filter.
struct Search<'s> {
    page: &'s Page,
    filter: &'s Filter,
    /// Those that contain the text, if they are few.
    candidates: Option<Vec<Uuid>>,
}

/// What the rows are ordered by, as the columns of an index have it.
struct Order {
    /// Empty where it is only the id.
    column: &'static str,
    r#type: &'static str,
    is_descending: bool,
}

impl Order {
    fn of(order: OpportunityOrder) -> Self {
        let (column, r#type, is_descending) = match order {
            OpportunityOrder::Unspecified => ("", "", false),
            OpportunityOrder::ExpectedCloseDate => ("close_rank", "date", false),
            OpportunityOrder::Amount => ("amount_rank", "bigint", true),
            OpportunityOrder::UpdateTime => ("updated_at", "timestamptz", true),
        };
        Self {
            column,
            r#type,
            is_descending,
        }
    }

    /// The columns to select: the id and the key as text.
    fn columns(&self) -> String {
        match self.column {
            "" => "o.id, '' as key, '' as place".to_owned(),
            column => format!("o.id, o.{column}::text as key, o.{column} as place"),
        }
    }

    fn by(&self, row: &str) -> String {
        let way = if self.is_descending { " desc" } else { "" };
        match self.column {
            "" => format!(" order by {row}id"),
            _ if row.is_empty() => format!(" order by place{way}, id{way}"),
            column => format!(" order by {row}{column}{way}, {row}id{way}"),
        }
    }
}

/// Finds the deals of a page, one more than it has.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Found>, Error> {
    // One plan for all values would read everything in order.
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(&mut *connection)
        .await?;
    let candidates = match &filter.text {
        Some(text) => containing(connection, call, text).await?,
        None => None,
    };
    let search = Search {
        page,
        filter,
        candidates,
    };
    let mut statement = search.statement(call);
    let found = statement.build_query_as();
    Ok(found.fetch_all(connection).await?)
}

/// The deals that contain a text, seen or not, if they are few.
async fn containing(
    connection: &mut PgConnection,
    call: &Call,
    text: &str,
) -> Result<Option<Vec<Uuid>>, Error> {
    let found = sqlx::query_scalar!(
        r#"select pipeline.opportunities_containing($1, $2, $3) as "id!""#,
        &opportunity::pieces_asked(call.tenant()?, text),
        text,
        FEW as i32 + 1,
    )
    .fetch_all(connection)
    .await?;
    Ok((found.len() <= FEW).then_some(found))
}

impl Search<'_> {
    /// Of whoever sees all, one list in order. Of others, as much as a page takes of what they
    /// own and of each team, each along its own index; of many teams with a filter, along the
    /// index that the planner takes for the best.
    fn statement(&self, call: &Call) -> QueryBuilder<Postgres> {
        let order = Order::of(self.filter.order);
        let (sees_all, person, teams) = call.visibility_parameters();
        let mut sql = QueryBuilder::new("");
        if sees_all && self.filter.teams.is_empty() {
            self.part(&mut sql, &order, |_| {});
            return sql;
        }
        let asked = &self.filter.teams;
        if self.candidates.is_some() {
            // Few enough to look at each.
            self.part(&mut sql, &order, |sql| {
                if !asked.is_empty() {
                    sql.push(" and o.team_id = any(");
                    sql.push_bind(asked.clone()).push(")");
                }
                if !sees_all {
                    sql.push(" and (o.owner_id = ").push_bind(person);
                    sql.push(" or o.team_id = any(");
                    sql.push_bind(teams).push("))");
                }
            });
            return sql;
        }
        let is_asked = |team: &Uuid| asked.is_empty() || asked.contains(team);
        let along: Vec<Uuid> = match sees_all {
            true => asked.clone(),
            false => teams.into_iter().filter(is_asked).collect(),
        };
        sql.push("select id, key from (");
        if !sees_all {
            sql.push("(");
            self.part(&mut sql, &order, |sql| {
                sql.push(" and o.owner_id = ").push_bind(person);
                if !asked.is_empty() {
                    sql.push(" and o.team_id = any(")
                        .push_bind(asked.clone())
                        .push(")");
                }
            });
            sql.push(") union ");
        }
        if along.len() >= MANY_TEAMS && self.filter.narrows() {
            sql.push("(");
            self.part(&mut sql, &order, |sql| {
                sql.push(" and o.team_id = any(").push_bind(along).push(")");
            });
            sql.push(")");
        } else {
            sql.push("(select x.* from unnest(").push_bind(along);
            sql.push("::uuid[]) as along (team) cross join lateral (");
            self.part(&mut sql, &order, |sql| {
                sql.push(" and o.team_id = along.team");
            });
            sql.push(") x)");
        }
        sql.push(") seen").push(order.by(""));
        sql.push(" limit ").push_bind(self.page.fetch());
        sql
    }

    /// The first deals, in order, that fit the filter and what `also` adds.
    fn part(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        order: &Order,
        also: impl FnOnce(&mut QueryBuilder<Postgres>),
    ) {
        sql.push("select ").push(order.columns());
        sql.push(" from pipeline.opportunity o where true");
        also(sql);
        self.behind(sql, order);
        self.conditions(sql);
        sql.push(order.by("o."));
        sql.push(" limit ").push_bind(self.page.fetch());
    }

    /// Behind the last row of the page before.
    fn behind(&self, sql: &mut QueryBuilder<Postgres>, order: &Order) {
        let Some(after) = self.page.after else { return };
        if order.column.is_empty() {
            sql.push(" and o.id > ").push_bind(after);
            return;
        }
        let than = if order.is_descending { "<" } else { ">" };
        sql.push(format!(" and (o.{}, o.id) {than} (", order.column));
        sql.push_bind(self.page.after_key.clone());
        sql.push(format!("::text::{}, ", order.r#type));
        sql.push_bind(after).push(")");
    }

    fn conditions(&self, sql: &mut QueryBuilder<Postgres>) {
        let filter = self.filter;
        macro_rules! equal {
            ($($condition:literal $value:expr),* $(,)?) => {
                $(if let Some(value) = $value.clone() {
                    sql.push(concat!(" and ", $condition, " ")).push_bind(value);
                })*
            };
        }
        equal!(
            "o.account_id =" filter.account,
            "o.owner_id =" filter.owner,
            "o.process =" filter.process,
            "o.stage =" filter.stage,
            "o.status =" filter.status,
            "o.source_system =" filter.source_system,
            "o.buying_step =" filter.buying_step,
            "o.lag >=" filter.min_lag,
            "o.grade =" filter.grade,
            "o.close_rank >=" filter.close_from.map(|day| day.to_sqlx()),
            "o.close_rank <=" filter.close_until.map(|day| day.to_sqlx()),
            "o.currency =" filter.currency,
            "o.amount_rank >=" filter.amount_from.map(floor_rank),
            "o.amount >=" filter.amount_from,
            "o.amount_rank <=" filter.amount_until.map(ceil_rank),
            "o.amount <=" filter.amount_until,
        );
        if filter.close_from.is_some() && filter.close_until.is_none() {
            sql.push(" and o.close_rank < 'infinity'");
        }
        // As the indexes of those that are have it.
        self.flag(sql, "o.is_forced", filter.forced);
        self.flag(sql, "o.is_paused", filter.paused);
        if filter.min_lag.is_some() {
            sql.push(" and o.lag > 0");
        }
        self.text(sql);
        self.attributes(sql);
    }

    fn flag(&self, sql: &mut QueryBuilder<Postgres>, column: &str, asked: Option<bool>) {
        match asked {
            Some(true) => sql.push(format!(" and {column}")),
            Some(false) => sql.push(format!(" and not {column}")),
            None => sql,
        };
    }

    fn text(&self, sql: &mut QueryBuilder<Postgres>) {
        let Some(text) = self.filter.text.clone() else {
            return;
        };
        if let Some(candidates) = self.candidates.clone() {
            sql.push(" and o.id = any(").push_bind(candidates).push(")");
            return;
        }
        sql.push(
            " and exists (select from pipeline.opportunity_text t
                where t.tenant_id = o.tenant_id and t.opportunity_id = o.id and position(",
        );
        sql.push_bind(text).push(" in t.text) > 0)");
    }

    fn attributes(&self, sql: &mut QueryBuilder<Postgres>) {
        for range in &self.filter.attributes {
            sql.push(
                " and exists (select from pipeline.opportunity_attribute a
                    where a.tenant_id = o.tenant_id and a.opportunity_id = o.id and a.attribute = ",
            );
            sql.push_bind(range.attribute.clone());
            sql.push(" and a.value >= ").push_bind(range.from.clone());
            sql.push(" and a.value <= ").push_bind(range.until.clone());
            sql.push(")");
        }
    }
}

/// A rank that no amount from this one on is below.
fn floor_rank(amount: Decimal) -> i64 {
    rank((amount * Decimal::ONE_HUNDRED).floor())
}

/// A rank that no amount up to this one is above.
fn ceil_rank(amount: Decimal) -> i64 {
    rank((amount * Decimal::ONE_HUNDRED).ceil())
}

/// As the database has it: what is too large is the largest.
fn rank(hundredths: Decimal) -> i64 {
    hundredths
        .to_i64()
        .unwrap_or(match hundredths.is_sign_negative() {
            true => i64::MIN,
            false => i64::MAX,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_bound_amounts_and_what_is_too_large_is_the_largest() {
        let amount: Decimal = "12.345".parse().unwrap();
        assert_eq!((floor_rank(amount), ceil_rank(amount)), (1234, 1235));
        let huge = Decimal::from(i64::MAX);
        assert_eq!(ceil_rank(huge), i64::MAX);
        assert_eq!(floor_rank(-huge), i64::MIN);
    }
}
