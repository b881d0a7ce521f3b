//! Finds entries, tier by tier: exact and prefix, substring, initials, Pinyin. Each tier
//! looks at a bounded number of entries, so that no search takes long.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_proto::accounts::v1::SearchRank;
use sqlx::PgConnection;
use uuid::Uuid;

use super::entry::Kind;
use super::query::Query;
use crate::error::Error;

/// Entries that one tier looks at for a caller who does not see all.
const MOST_LOOKED_AT: i64 = 5000;
/// A caller who sees at most so many accounts has theirs looked through instead.
const FEW_ACCOUNTS: i64 = 2000;

/// A name that fits.
#[derive(Clone, Debug)]
pub struct Hit {
    pub account_id: Uuid,
    /// The account or the contact.
    pub subject_id: Uuid,
    /// As it was typed, folded.
    pub name: String,
    pub rank: SearchRank,
}

/// What fits best, a record once; and whether there may be more.
pub struct Hits {
    pub hits: Vec<Hit>,
    pub is_incomplete: bool,
}

/// An entry with the names that it may fit by.
struct Entry {
    account_id: Uuid,
    subject_id: Uuid,
    name: String,
    initials: String,
    pinyin: String,
}

/// Where a tier looks.
#[derive(Clone, Copy)]
enum Tier {
    Name,
    Part,
    Initials,
    Pinyin,
}

pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    kind: Kind,
    query: &Query,
) -> Result<Hits, Error> {
    let (sees_all, ..) = call.visibility_parameters();
    if !sees_all && let Some(accounts) = few_accounts(connection, call).await? {
        let entries = of_accounts(connection, kind, query, &accounts).await?;
        return Ok(best(query, entries, false));
    }
    let most = match sees_all {
        // An account may fit by several of its names.
        true => query.results * 2 + 1,
        false => MOST_LOOKED_AT,
    };
    let (mut entries, mut is_incomplete) = (Vec::new(), false);
    let mut tiers = tiers(query).into_iter().peekable();
    while let Some(tier) = tiers.next() {
        let found = look(connection, kind, query, tier, most).await?;
        is_incomplete |= found.len() as i64 >= most;
        entries.extend(visible(connection, call, found).await?);
        let subjects: HashSet<Uuid> = entries
            .iter()
            .map(|entry: &Entry| entry.subject_id)
            .collect();
        // So many names contain a surname that finding them all would take long.
        let is_hopeless = is_incomplete && query.is_one_character();
        if subjects.len() as i64 >= query.results || is_hopeless {
            is_incomplete |= tiers.peek().is_some();
            break;
        }
    }
    Ok(best(query, entries, is_incomplete))
}

fn tiers(query: &Query) -> Vec<Tier> {
    let mut tiers = vec![Tier::Name];
    if query.may_be_pinyin() {
        tiers.extend([Tier::Initials, Tier::Pinyin]);
    }
    tiers.push(Tier::Part);
    tiers
}

/// The best hits, each record once.
fn best(query: &Query, entries: Vec<Entry>, is_incomplete: bool) -> Hits {
    let mut hits: Vec<Hit> = entries
        .into_iter()
        .filter_map(|entry| {
            Some(Hit {
                rank: query.rank(&entry.name, &entry.initials, &entry.pinyin)?,
                account_id: entry.account_id,
                subject_id: entry.subject_id,
                name: entry.name,
            })
        })
        .collect();
    hits.sort_by(|a, b| (a.rank, &a.name, a.subject_id).cmp(&(b.rank, &b.name, b.subject_id)));
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert(hit.subject_id));
    let is_full =
        hits.len() as i64 > query.results || (is_incomplete && hits.len() as i64 == query.results);
    hits.truncate(usize::try_from(query.results).unwrap_or_default());
    Hits {
        hits,
        is_incomplete: is_full || is_incomplete,
    }
}

/// The accounts that the caller sees, if they are few.
async fn few_accounts(
    connection: &mut PgConnection,
    call: &Call,
) -> Result<Option<Vec<Uuid>>, Error> {
    let (_, me, teams) = call.visibility_parameters();
    let ids = sqlx::query_scalar!(
        r#"select id as "id!" from (
             (select id from accounts.account where tenant_id = events.tenant_id() and owner_id = $1 limit $3)
             union
             (select id from accounts.account where tenant_id = events.tenant_id() and team_id = any($2) limit $3)
           ) as mine"#,
        me,
        &teams,
        FEW_ACCOUNTS + 1,
    )
    .fetch_all(connection)
    .await?;
    Ok((ids.len() as i64 <= FEW_ACCOUNTS).then_some(ids))
}

/// Every entry of these accounts that fits.
async fn of_accounts(
    connection: &mut PgConnection,
    kind: Kind,
    query: &Query,
    accounts: &[Uuid],
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query_as!(
        Entry,
        "select account_id, subject_id, name, initials, pinyin from accounts.search_entry
         where tenant_id = events.tenant_id() and kind = $1 and account_id = any($2)
           and (position($3 in name) > 0 or starts_with(initials, $3) or starts_with(pinyin, $3))",
        kind.number(),
        accounts,
        query.typed,
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn look(
    connection: &mut PgConnection,
    kind: Kind,
    query: &Query,
    tier: Tier,
    most: i64,
) -> Result<Vec<Entry>, Error> {
    macro_rules! range_of {
        ($column:literal, $is_there:literal) => {
            sqlx::query_as!(
                Entry,
                "select account_id, subject_id, name, initials, pinyin from accounts.search_entry
                 where tenant_id = events.tenant_id() and kind = $1 and "
                    + $column
                    + " >= $2 and "
                    + $column
                    + " < $3 "
                    + $is_there
                    + " order by "
                    + $column
                    + " limit $4",
                kind.number(),
                query.typed,
                query.end(),
                most,
            )
            .fetch_all(connection)
            .await?
        };
    }
    Ok(match tier {
        // Rows without pieces are other readings of a name, not names.
        Tier::Name => range_of!("name", "and cardinality(grams) > 0"),
        Tier::Initials => range_of!("initials", "and initials <> ''"),
        Tier::Pinyin => range_of!("pinyin", "and pinyin <> ''"),
        Tier::Part => containing(connection, kind, query, most).await?,
    })
}

async fn containing(
    connection: &mut PgConnection,
    kind: Kind,
    query: &Query,
    most: i64,
) -> Result<Vec<Entry>, Error> {
    let rows = sqlx::query_as!(
        Entry,
        r#"select account_id as "account_id!", subject_id as "subject_id!", name as "name!", '' as "initials!",
                  '' as "pinyin!"
           from accounts.search_containing($1, $2, $3, $4)"#,
        kind.number(),
        &query.pieces,
        query.typed,
        i32::try_from(most).unwrap_or(i32::MAX),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Those of accounts that the caller sees.
async fn visible(
    connection: &mut PgConnection,
    call: &Call,
    entries: Vec<Entry>,
) -> Result<Vec<Entry>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    if all || entries.is_empty() {
        return Ok(entries);
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.account_id).collect();
    let seen: HashSet<Uuid> = sqlx::query_scalar!(
        "select id from accounts.account where id = any($1) and (owner_id = $2 or team_id = any($3))",
        &ids,
        me,
        &teams,
    )
    .fetch_all(connection)
    .await?
    .into_iter()
    .collect();
    Ok(entries
        .into_iter()
        .filter(|entry| seen.contains(&entry.account_id))
        .collect())
}
