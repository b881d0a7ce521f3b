//! The ids of a page of accounts. Which way they are found depends on what is asked: along
//! candidates that are known, along what the caller sees, or along all.

use std::collections::HashSet;

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::page::Page;
use sqlx::PgConnection;
use uuid::Uuid;

use super::filter::Filter;
use super::tree;
use crate::error::Error;

/// Candidates that are looked at in one statement.
const AT_ONCE: usize = 1000;
/// Accounts that changed are candidates if they are no more than this.
const CHANGED: i64 = 20_000;

/// What every way asks of an account `a`, and the values that it asks for.
macro_rules! filtered {
    ($way:ident, $join:literal, $page:ident, $filter:ident $($further:tt)*) => {
        $way!(
            [$join]
            ["a.id > $1 and a.merged_into_id is null and ($3::uuid is null or a.parent_id = $3)
              and ($4::uuid is null or a.owner_id = $4)
              and ($5::uuid is null or a.team_id = $5)
              and ($6 = '' or a.source_system = $6)
              and ($7 = '' or a.region = $7)
              and ($8 = '' or a.industry = $8)
              and ($9 = 0 or a.kind = $9)
              and ($10 = 0 or a.level = $10)
              and ($11::timestamptz is null or a.updated_at >= $11)
              and cardinality($12::text[]) <= 2 "],
            $page.after.unwrap_or(Uuid::nil()),
            $page.fetch(),
            $filter.parent.map(|id| id.0),
            $filter.owner.map(|id| id.0),
            $filter.team.map(|id| id.0),
            $filter.source_system,
            $filter.region,
            $filter.industry,
            $filter.kind,
            $filter.level,
            $filter.updated_since.map(|since| since.to_sqlx()) as _,
            &$filter.terms
            $($further)*
        )
    };
}

/// The same where the account has every term: the planner knows which of them is rare.
macro_rules! along_terms {
    ($way:ident, $connection:ident, $page:ident, $filter:ident $($further:tt)*) => {
        match $filter.terms.len() {
            0 => filtered!($way, "", $page, $filter $($further)*)
                .fetch_all($connection)
                .await,
            1 => filtered!(
                $way,
                "join accounts.account_term t
                   on t.tenant_id = a.tenant_id and t.account_id = a.id and t.term = ($12::text[])[1] ",
                $page,
                $filter $($further)*
            )
            .fetch_all($connection)
            .await,
            _ => filtered!(
                $way,
                "join accounts.account_term t
                   on t.tenant_id = a.tenant_id and t.account_id = a.id and t.term = ($12::text[])[1]
                 join accounts.account_term o
                   on o.tenant_id = a.tenant_id and o.account_id = a.id and o.term = ($12::text[])[2] ",
                $page,
                $filter $($further)*
            )
            .fetch_all($connection)
            .await,
        }
    };
}

pub async fn ids(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    let (all, ..) = call.visibility_parameters();
    match candidates(connection, filter).await? {
        Some(candidates) => among(connection, call, page, filter, candidates).await,
        None if all => of_all(connection, page, filter).await,
        None => of_seen(connection, call, page, filter).await,
    }
}

/// The accounts that can fit, if they are known without asking for more.
async fn candidates(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Option<Vec<Uuid>>, Error> {
    let Some(head) = filter.ancestor else {
        return changed(connection, filter).await;
    };
    // Everything under the ancestor, seen or not: what is seen may stand under what is not.
    let mut below = tree::with_all_below(connection, head.0, i64::MAX).await?;
    below.retain(|id| *id != head.0);
    if let Some(changed) = changed(connection, filter).await? {
        let changed: HashSet<Uuid> = changed.into_iter().collect();
        below.retain(|id| changed.contains(id));
    }
    Ok(Some(below))
}

/// The accounts that changed since, if they are asked for and not too many.
async fn changed(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Option<Vec<Uuid>>, Error> {
    let Some(since) = filter.updated_since else {
        return Ok(None);
    };
    let ids = sqlx::query_scalar!(
        "select id from accounts.account
         where tenant_id = events.tenant_id() and updated_at >= $1
         order by tenant_id, updated_at limit $2",
        since.to_sqlx() as _,
        CHANGED + 1,
    )
    .fetch_all(connection)
    .await?;
    Ok((ids.len() as i64 <= CHANGED).then_some(ids))
}

async fn of_all(
    connection: &mut PgConnection,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    macro_rules! way {
        ([$join:literal] [$filter:literal], $($argument:tt)*) => {
            sqlx::query_scalar!(
                "select a.id from accounts.account a " + $join + "where " + $filter
                    + "order by a.id limit $2",
                $($argument)*
            )
        };
    }
    Ok(along_terms!(way, connection, page, filter)?)
}

/// Along what the caller owns and along each team: as many of each as a page takes.
async fn of_seen(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    let (_, me, teams) = call.visibility_parameters();
    macro_rules! way {
        ([$join:literal] [$filter:literal], $($argument:tt)*) => {
            sqlx::query_scalar!(
                r#"select id as "id!" from (
                     (select a.id from accounts.account a "# + $join + "where a.owner_id = $13 and " + $filter
                    + "order by a.id limit $2)
                     union
                     (select x.id from unnest($14::uuid[]) as mine (team) cross join lateral (
                        select a.id from accounts.account a " + $join + "where a.team_id = mine.team and " + $filter
                    + "order by a.id limit $2) x)
                   ) as seen order by id limit $2",
                $($argument)*
            )
        };
    }
    Ok(along_terms!(way, connection, page, filter, me, &teams)?)
}

/// Along candidates, some at a time, until a page is full.
async fn among(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
    mut candidates: Vec<Uuid>,
) -> Result<Vec<Uuid>, Error> {
    let after = page.after.unwrap_or(Uuid::nil());
    candidates.retain(|id| *id > after);
    candidates.sort_unstable();
    let most = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for some in candidates.chunks(AT_ONCE) {
        found.extend(fitting(connection, call, page, filter, some).await?);
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Those of some candidates that fit and that the caller sees.
async fn fitting(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
    candidates: &[Uuid],
) -> Result<Vec<Uuid>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    macro_rules! way {
        ([$join:literal] [$filter:literal], $($argument:tt)*) => {
            sqlx::query_scalar!(
                "select a.id from accounts.account a where " + $filter
                    + "and a.id = any($13) and ($14 or a.owner_id = $15 or a.team_id = any($16))
                   and not exists (
                     select from unnest($12::text[]) as asked (term)
                     where not exists (
                       select from accounts.account_term t
                       where t.tenant_id = a.tenant_id and t.term = asked.term and t.account_id = a.id))
                   order by a.id limit $2",
                $($argument)*
            )
        };
    }
    Ok(
        filtered!(way, "", page, filter, candidates, all, me, &teams)
            .fetch_all(connection)
            .await?,
    )
}
