//! Adds or changes many accounts by their external keys, in one transaction.
//!
//! Every row is judged for itself; a refused row changes nothing. A row that a refused one
//! needs as its parent is refused as well. What a row does not say is kept, so that a file
//! with a few columns wipes nothing out.

mod group;
mod known;
mod row;

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::account_row_result::Result as Outcome;
use keynode_proto::accounts::v1::{
    AccountRow, AccountRowResult, BatchUpsertAccountsRequest, BatchUpsertAccountsResponse,
};
use keynode_proto::google::rpc;
use prost::Message as _;
use uuid::Uuid;

use self::known::Known;
pub use self::row::Plan;
use self::row::Row;
use super::key::Key;
use super::rules::Rules;
use super::save;
use super::tree;
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;

/// Rows of one call at most.
const MAX_ROWS: usize = 1000;

pub async fn import(
    service: &Accounts,
    call: &Call,
    request: BatchUpsertAccountsRequest,
) -> Result<BatchUpsertAccountsResponse, Error> {
    check_batch(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let plans = plan(w, call, &request.rows, &[]).await?;
            store(w, call, &plans).await?;
            Ok(BatchUpsertAccountsResponse {
                results: plans.into_iter().map(answer).collect(),
            })
        })
        .await
}

/// Notes every bad field of a row that can be told without the account it is about.
pub fn check(row: &AccountRow, rules: &Rules, bad: &mut Violations) {
    if let Err(Error::Common(fault)) = Row::read(row, rules) {
        for (field, why) in fault.fields() {
            bad.add(field, why);
        }
    }
}

/// What each row comes to; locks the accounts that the rows are about. `links` gives
/// accounts, which the caller sees, keys that nobody has.
pub async fn plan(
    w: &mut Writer<'_>,
    call: &Call,
    rows: &[AccountRow],
    links: &[(Key, AccountId)],
) -> Result<Vec<Result<Plan, Error>>, Error> {
    tree::lock(w).await?;
    let sent = rows.iter().filter_map(|row| row.account.as_ref());
    let rules = Rules::load(w, call, sent).await?;
    let rows: Vec<_> = rows.iter().map(|row| Row::read(row, &rules)).collect();
    let known = Known::load(w, call, &rows, links).await?;
    let mut plans: Vec<_> = rows
        .into_iter()
        .map(|row| row.and_then(|row| row.plan(call, &known, &rules, w.id())))
        .collect();
    refuse_twins(&mut plans);
    group::connect(w, call, &known, &mut plans).await?;
    Ok(plans)
}

/// Stores what the plans that were not refused change.
pub async fn store(
    w: &mut Writer<'_>,
    call: &Call,
    plans: &[Result<Plan, Error>],
) -> Result<(), Error> {
    let changes: Vec<_> = plans.iter().flatten().filter_map(Plan::change).collect();
    save::save(w, call, &changes).await
}

/// Refuses the rows that, by another key, are about the account of an earlier row.
fn refuse_twins(plans: &mut [Result<Plan, Error>]) {
    let mut rows: HashMap<Uuid, usize> = HashMap::new();
    for (index, slot) in plans.iter_mut().enumerate() {
        let Ok(plan) = slot else { continue };
        let first = *rows.entry(plan.after.id).or_insert(index);
        if first != index {
            let mut bad = Violations::default();
            bad.add(
                "account.external_key",
                format!("must not be a key of the account of rows[{first}] too"),
            );
            *slot = Err(bad.finish().expect_err("a violation was just added").into());
        }
    }
}

/// Refuses a batch that is none, too large or ambiguous.
fn check_batch(request: &BatchUpsertAccountsRequest) -> Result<(), Error> {
    let mut bad = Violations::default();
    if request.rows.is_empty() || request.rows.len() > MAX_ROWS {
        bad.add("rows", format!("must be 1 to {MAX_ROWS} rows"));
    }
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (index, row) in request.rows.iter().enumerate() {
        for (field, key) in named_keys(row) {
            match seen.get(&key) {
                Some(first) if *first != index => bad.add(
                    format!("rows[{index}].account.{field}"),
                    format!("must not be a key of rows[{first}] too"),
                ),
                _ => {
                    seen.insert(key, index);
                }
            }
        }
    }
    Ok(bad.finish()?)
}

/// The keys of a row with the fields they stand in.
fn named_keys(row: &AccountRow) -> impl Iterator<Item = (String, Key)> {
    let further = row
        .account
        .iter()
        .flat_map(|a| &a.further_external_keys)
        .enumerate()
        .filter_map(|(index, key)| {
            let field = format!("further_external_keys[{index}]");
            Some((field, Key::trimmed(key)?))
        });
    let first = Key::of(row).map(|key| ("external_key".to_owned(), key));
    first.into_iter().chain(further)
}

fn answer(plan: Result<Plan, Error>) -> AccountRowResult {
    let outcome = match plan {
        Ok(plan) => {
            let name = plan.after.name().to_string();
            match (&plan.before, plan.is_change()) {
                (None, _) => Outcome::Created(name),
                (Some(_), true) => Outcome::Updated(name),
                (Some(_), false) => Outcome::Unchanged(name),
            }
        }
        Err(error) => Outcome::Error(to_rpc_status(error)),
    };
    AccountRowResult {
        result: Some(outcome),
    }
}

/// The same status that a call of its own would be answered with.
pub fn to_rpc_status(error: Error) -> rpc::Status {
    let status = tonic::Status::from(error);
    rpc::Status::decode(status.details()).unwrap_or_else(|_| rpc::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}
