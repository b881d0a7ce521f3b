//! Adds or changes many accounts by their external keys, in one transaction.
//!
//! Every row is judged for itself; a refused row changes nothing. A row that a refused one
//! needs as its parent is refused as well. What a row does not say is kept, so that a file
//! with a few columns wipes nothing out.

mod group;
mod known;
mod row;
mod store;

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::account_row_result::Result as Outcome;
use keynode_proto::accounts::v1::{
    AccountChanged, AccountRowResult, BatchUpsertAccountsRequest, BatchUpsertAccountsResponse,
};
use keynode_proto::google::rpc;
use prost::Message as _;

use self::known::Known;
use self::row::{Key, Plan, Row};
use super::tree;
use crate::Accounts;
use crate::error::Error;

/// Rows of one call at most.
const MAX_ROWS: usize = 1000;

pub async fn import(
    service: &Accounts,
    call: &Call,
    request: BatchUpsertAccountsRequest,
) -> Result<BatchUpsertAccountsResponse, Error> {
    check_batch(&request)?;
    let rows: Vec<_> = request.rows.iter().map(Row::read).collect();
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            tree::lock(w).await?;
            let known = Known::load(w, call, &rows).await?;
            let mut plans: Vec<_> = rows
                .into_iter()
                .map(|row| row.and_then(|row| row.plan(call, &known, w.id())))
                .collect();
            group::connect(w, &known, &mut plans).await?;
            store::store(w, &plans).await?;
            record(w, &plans);
            Ok(BatchUpsertAccountsResponse {
                results: plans.into_iter().map(answer).collect(),
            })
        })
        .await
}

/// Refuses a batch that is none, too large or ambiguous.
fn check_batch(request: &BatchUpsertAccountsRequest) -> Result<(), Error> {
    let mut bad = Violations::default();
    if request.rows.is_empty() || request.rows.len() > MAX_ROWS {
        bad.add("rows", format!("must be 1 to {MAX_ROWS} rows"));
    }
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (index, row) in request.rows.iter().enumerate() {
        let Some(key) = Key::of(row) else { continue };
        match seen.get(&key) {
            Some(first) => bad.add(
                format!("rows[{index}].account.external_key"),
                format!("must not be the key of rows[{first}] too"),
            ),
            None => {
                seen.insert(key, index);
            }
        }
    }
    Ok(bad.finish()?)
}

fn record(w: &mut Writer<'_>, plans: &[Result<Plan, Error>]) {
    for plan in plans.iter().flatten().filter(|plan| plan.is_change()) {
        let change = AccountChanged {
            before: plan.before.as_ref().map(super::Account::to_proto),
            after: Some(plan.after.to_proto()),
        };
        w.record(plan.after.name().to_string(), plan.after.version, &change);
    }
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
fn to_rpc_status(error: Error) -> rpc::Status {
    let status = tonic::Status::from(error);
    rpc::Status::decode(status.details()).unwrap_or_else(|_| rpc::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}
