//! Rows of `accounts.import_row`: what became of each row, and their list.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    ImportOutcome, ImportResult, ListImportResultsRequest, ListImportResultsResponse,
};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{find, tally};
use crate::Accounts;
use crate::account::seen::Seen;
use crate::error::Error;
use crate::ids::{AccountId, ImportId};

/// Keeps what became of rows.
pub async fn store(
    connection: &mut PgConnection,
    import: ImportId,
    results: &[ImportResult],
) -> Result<(), Error> {
    let outcomes: Vec<i32> = results.iter().map(|it| it.outcome).collect();
    let key = |it: &ImportResult| {
        let is_taken = !it.external_id.is_empty() && it.outcome() != ImportOutcome::Failed;
        is_taken.then(|| it.external_id.clone())
    };
    sqlx::query!(
        "insert into accounts.import_row (tenant_id, import_id, line, external_id, outcome, failed, result)
         select events.tenant_id(), $1, n.*
         from unnest($2::bigint[], $3::text[], $4::integer[], $5::boolean[], $6::bytea[]) as n",
        import.0,
        &results.iter().map(|it| it.line).collect::<Vec<_>>(),
        &results.iter().map(key).collect::<Vec<_>>() as _,
        &outcomes,
        &results.iter().map(tally::has_failed).collect::<Vec<_>>(),
        &results.iter().map(|it| it.encode_to_vec()).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many rows have a result.
pub async fn count(connection: &mut PgConnection, import: ImportId) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.import_row where import_id = $1"#,
        import.0
    );
    Ok(count.fetch_one(connection).await?)
}

/// The lines of earlier rows that have these keys and were not refused.
pub async fn lines_of(
    connection: &mut PgConnection,
    import: ImportId,
    external_ids: &[String],
) -> Result<HashMap<String, i64>, Error> {
    let rows = sqlx::query!(
        r#"select external_id as "external_id!", line from accounts.import_row
           where tenant_id = events.tenant_id() and import_id = $1 and external_id = any($2)"#,
        import.0,
        external_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.external_id, row.line))
        .collect())
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListImportResultsRequest,
) -> Result<ListImportResultsResponse, Error> {
    let mut bad = Violations::default();
    let id: ImportId = bad.name("name", &request.name);
    let only: ImportOutcome = bad.optional_enum("only", request.only);
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListImportResults", &request.name, only.as_str_name()];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let (results, next_page_token) = service
        .read(call, async |tx: &mut Tx| {
            find(tx, call, id).await?;
            let found = select(tx, &page, id, only).await?;
            let (mut results, token) = page.close(found, |it| as_key(it.line));
            hide(tx, call, &mut results).await?;
            Ok((results, token))
        })
        .await?;
    Ok(ListImportResultsResponse {
        results,
        next_page_token,
    })
}

/// Pages go by UUIDs: a line is one with the number in its lower half.
fn as_key(line: i64) -> Uuid {
    Uuid::from_u64_pair(0, line.unsigned_abs())
}

fn as_line(key: Uuid) -> i64 {
    i64::try_from(key.as_u64_pair().1).unwrap_or(i64::MAX)
}

async fn select(
    connection: &mut PgConnection,
    page: &Page,
    import: ImportId,
    only: ImportOutcome,
) -> Result<Vec<ImportResult>, Error> {
    let rows = sqlx::query_scalar!(
        "select result from accounts.import_row
         where tenant_id = events.tenant_id() and import_id = $1 and line > $2
           and ($3 = 0 or ($3 = 6 and failed) or ($3 <> 6 and outcome = $3))
         order by line limit $4",
        import.0,
        page.after.map_or(0, as_line),
        i32::from(only),
        page.fetch(),
    );
    let rows = rows.fetch_all(connection).await?;
    let read = |row: Vec<u8>| ImportResult::decode(row.as_slice());
    let results: Result<_, _> = rows.into_iter().map(read).collect();
    Ok(results.map_err(Fault::internal)?)
}

/// Leaves out the accounts that the caller does not see: the results are of whoever sees the
/// import, the accounts may have changed hands.
async fn hide(
    connection: &mut PgConnection,
    call: &Call,
    results: &mut [ImportResult],
) -> Result<(), Error> {
    let named = |name: &String| name.parse::<AccountId>().ok();
    let ids = results.iter().flat_map(names).filter_map(named);
    let ids: Vec<Uuid> = ids.map(|id| id.0).collect();
    let seen = Seen::load(connection, call, &ids).await?;
    let is_seen = |name: &String| named(name).is_some_and(|id| seen.contains(id));
    for result in results {
        if !is_seen(&result.account) {
            result.account.clear();
        }
        for twin in &mut result.possible_duplicates {
            if !is_seen(&twin.account) {
                twin.account.clear();
                twin.hidden = true;
            }
        }
    }
    Ok(())
}

fn names(result: &ImportResult) -> impl Iterator<Item = &String> {
    let twins = result.possible_duplicates.iter().map(|twin| &twin.account);
    twins.chain([&result.account])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_key_of_a_page_and_keys_are_in_the_order_of_lines() {
        let lines = [1, 2, 255, 256, 100_000, i64::MAX];
        assert!(lines.iter().all(|line| as_line(as_key(*line)) == *line));
        assert!(lines.is_sorted_by_key(|line| as_key(*line)));
    }
}
