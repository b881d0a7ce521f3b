//! Adds or changes many contacts by their external keys, in one transaction.
//!
//! As with accounts, every row is judged for itself; a refused row changes nothing, and one
//! that needs it as its manager is refused as well. What a row does not say is kept.

mod known;
mod place;
pub mod row;

use std::collections::HashMap;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::contact_row_result::Result as Outcome;
use keynode_proto::accounts::v1::{
    BatchUpsertContactsRequest, BatchUpsertContactsResponse, ContactRow, ContactRowResult,
};

use self::known::Known;
use self::row::{Plan, Row, key_of};
use super::lines;
use super::save::{self, Change};
use crate::Accounts;
use crate::account::import::to_rpc_status;
use crate::error::Error;
use crate::external_key::Key;

/// Rows of one call at most.
const MOST: usize = 1000;

pub async fn import(
    service: &Accounts,
    call: &Call,
    request: BatchUpsertContactsRequest,
) -> Result<BatchUpsertContactsResponse, Error> {
    check_batch(&request)?;
    let today = call.today();
    let rows = request
        .rows
        .iter()
        .map(|row| Row::read(row, today))
        .collect();
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let plans = carry_out(w, call, rows).await?;
            Ok(BatchUpsertContactsResponse {
                results: plans.into_iter().map(answer).collect(),
            })
        })
        .await
}

/// Notes every bad field of a row that can be told without the database, below `place`.
pub fn check(place: &str, row: &ContactRow, today: Date, bad: &mut Violations) {
    if let Err(Error::Common(fault)) = Row::read(row, today) {
        for (field, why) in fault.fields() {
            bad.add(format!("{place}{field}"), why);
        }
    }
}

/// Stores what the rows that are not refused come to.
pub async fn carry_out(
    w: &mut Writer<'_>,
    call: &Call,
    rows: Vec<Result<Row, Error>>,
) -> Result<Vec<Result<Plan, Error>>, Error> {
    lines::lock(w).await?;
    let known = Known::load(w, call, &rows).await?;
    let mut plans: Vec<_> = rows
        .into_iter()
        .map(|row| row.and_then(|row| row.plan(call, &known, w.id())))
        .collect();
    place::place_all(w, &known, &mut plans).await?;
    let changes: Vec<&Change> = plans.iter().flatten().map(|plan| &plan.change).collect();
    save::save(w, call, &changes).await?;
    Ok(plans)
}

/// Refuses a batch that is none, too large or ambiguous.
fn check_batch(request: &BatchUpsertContactsRequest) -> Result<(), Error> {
    let mut bad = Violations::default();
    if request.rows.is_empty() || request.rows.len() > MOST {
        bad.add("rows", format!("must be 1 to {MOST} rows"));
    }
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (index, row) in request.rows.iter().enumerate() {
        let Some(key) = key_of(row) else { continue };
        if let Some(first) = seen.get(&key) {
            bad.add(
                format!("rows[{index}].contact.external_key"),
                format!("must not be the key of rows[{first}] too"),
            );
        } else {
            seen.insert(key, index);
        }
    }
    Ok(bad.finish()?)
}

fn answer(plan: Result<Plan, Error>) -> ContactRowResult {
    let outcome = match plan {
        Ok(Plan { change, .. }) => {
            let name = change.after.name().to_string();
            match (&change.before, change.is_change()) {
                (None, _) => Outcome::Created(name),
                (Some(_), true) => Outcome::Updated(name),
                (Some(_), false) => Outcome::Unchanged(name),
            }
        }
        Err(error) => Outcome::Error(to_rpc_status(error)),
    };
    ContactRowResult {
        result: Some(outcome),
    }
}
