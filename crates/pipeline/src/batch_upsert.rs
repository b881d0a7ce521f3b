//! `BatchUpsertOpportunities`: adds or changes deals by their keys in another system.
//!
//! An unset field of a row leaves what is known alone. A deal that is there is never
//! moved; a new one enters by [`Move::Carry`], with no key node claimed.

mod known;
pub(crate) mod row;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::google::rpc;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use prost::Message as _;

use self::known::Known;
use self::row::{Row, Seen};
use crate::Pipeline;
use crate::attribute::values::Declarations;
use crate::customer::{self, Customers};
use crate::error::Error;
use crate::opportunity::{self, Change, Opportunity};
use crate::owner::Owners;
use crate::process::Process;
use crate::stage_move::{self, Entry};
use crate::update::record;
use crate::{attribute, processes};

const MAX_ROWS: usize = 1000;

/// Those that rows name, by name.
type Processes = HashMap<String, Arc<Process>>;

/// What is to become of a row.
enum Fate {
    Created(Box<Entry>),
    Updated {
        before: Box<Opportunity>,
        after: Box<Opportunity>,
    },
    Unchanged(Box<Opportunity>),
}

pub async fn batch_upsert(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::BatchUpsertOpportunitiesRequest,
) -> Result<proto::BatchUpsertOpportunitiesResponse, Error> {
    check_size(request.rows.len())?;
    let done = match attempt(pipeline, call, &request).await {
        // What somebody else added meanwhile is there by now.
        Err(Error::Conflict(_)) => attempt(pipeline, call, &request).await,
        done => done,
    }?;
    let rows = done.results.len();
    pipeline.statistics.count(&pipeline.db, rows).await;
    Ok(done)
}

async fn attempt(
    pipeline: &Pipeline,
    call: &Call,
    request: &proto::BatchUpsertOpportunitiesRequest,
) -> Result<proto::BatchUpsertOpportunitiesResponse, Error> {
    let rows: Vec<Result<Row<'_>, Error>> = request.rows.iter().map(Row::read).collect();
    check_keys(&rows)?;
    let accounts = || rows.iter().flatten().filter_map(Row::account);
    let (customers, is_named) = (
        Customers::ask(&pipeline.peers, call, accounts()).await,
        accounts().next().is_some(),
    );
    let people = rows.iter().flatten().filter_map(Row::owner);
    let owners = Owners::ask(&pipeline.peers, call, people).await;
    pipeline
        .mutations
        .run(call, request, async |w: &mut Writer<'_>| {
            if is_named {
                customer::hold(w).await?;
            }
            let mut known = Known::of_rows(w, &rows).await?;
            let processes = processes(pipeline, call, w, &rows).await?;
            let is_asked = |row: &Row<'_>| row.names_another_account(known.of(row));
            let customers = match rows.iter().flatten().any(is_asked) {
                true => customers?.current(w).await?,
                false => Customers::default(),
            };
            let is_given = |row: &Row<'_>| row.names_another_owner(call, known.of(row));
            let owners = match rows.iter().flatten().any(is_given) {
                true => owners?,
                false => owners.unwrap_or_else(|_| Owners::of(call)),
            };
            let declared = match rows.iter().flatten().any(Row::has_attributes) {
                true => attribute::declared(w).await?,
                false => Declarations::default(),
            };
            let seen = Seen {
                call,
                customers: &customers,
                owners: &owners,
                declared: &declared,
            };
            let decide = |row: Result<Row<'_>, Error>| {
                let row = row?;
                match known.take(&row)? {
                    Some(before) => row.change(seen, before),
                    None => row.enter(seen, &processes, w.id()),
                }
            };
            let fates = rows.into_iter().map(decide).collect();
            let results = store(w, call, fates).await?;
            Ok(proto::BatchUpsertOpportunitiesResponse { results })
        })
        .await
}

fn check_size(rows: usize) -> Result<(), Error> {
    let mut bad = Violations::default();
    if rows == 0 || rows > MAX_ROWS {
        bad.add("rows", format!("must be 1 to {MAX_ROWS}, is {rows}"));
    }
    Ok(bad.finish()?)
}

/// The field of a key by its place among the keys of its deal.
fn key_field(place: usize) -> String {
    match place.checked_sub(1) {
        None => "external_key".to_owned(),
        Some(further) => format!("further_external_keys[{further}]"),
    }
}

/// A key twice would make the answer depend on the order of rows.
fn check_keys(rows: &[Result<Row<'_>, Error>]) -> Result<(), Error> {
    let mut bad = Violations::default();
    let mut seen = HashMap::new();
    for (n, row) in rows.iter().enumerate() {
        let Ok(row) = row else { continue };
        for (place, key) in row.keys().enumerate() {
            match seen.insert(key, n) {
                Some(earlier) if earlier != n => bad.add(
                    format!("rows[{n}].opportunity.{}", key_field(place)),
                    format!("is a key of rows[{earlier}] too"),
                ),
                _ => {}
            }
        }
    }
    Ok(bad.finish()?)
}

/// The processes that rows name and that new deals may follow.
async fn processes(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    rows: &[Result<Row<'_>, Error>],
) -> Result<Processes, Error> {
    let named: BTreeSet<&str> = rows.iter().flatten().map(Row::process_name).collect();
    let mut found = Processes::new();
    for name in named {
        match processes::to_follow(pipeline, call, w, name).await {
            Ok(process) => {
                pipeline.processes.remember(w, &process, call.now).await?;
                found.insert(name.to_owned(), process)
            }
            Err(Error::ProcessNotFound { .. }) => None,
            Err(error) => return Err(error),
        };
    }
    Ok(found)
}

async fn store(
    w: &mut Writer<'_>,
    call: &Call,
    fates: Vec<Result<Fate, Error>>,
) -> Result<Vec<proto::OpportunityRowResult>, Error> {
    let (mut results, mut entries, mut changes) =
        (Vec::with_capacity(fates.len()), Vec::new(), Vec::new());
    for fate in fates {
        results.push(result(&fate)?);
        match fate {
            Ok(Fate::Created(entry)) => entries.push(*entry),
            Ok(Fate::Updated { before, after }) => changes.push((before, after)),
            Ok(Fate::Unchanged(_)) | Err(_) => {}
        }
    }
    // Two batches that add the same keys wait for each other in one order only.
    entries.sort_by(|a: &Entry, b: &Entry| {
        let key = |entry: &'_ Entry| entry.opportunity.terms.external_key.clone();
        key(a).cmp(&key(b))
    });
    let changed: Vec<&Opportunity> = changes.iter().map(|(_, after)| after.as_ref()).collect();
    opportunity::save(w, &changed).await?;
    let found: Vec<Change<'_>> = changes
        .iter()
        .map(|(before, after)| Change {
            before: Some(&before.terms),
            after,
        })
        .collect();
    opportunity::index(w, call.tenant()?, &found).await?;
    for (before, after) in &changes {
        record(w, before, after);
    }
    stage_move::enter(w, call, &entries).await.map_err(raced)?;
    Ok(results)
}

/// A key that was not there when we looked was taken by somebody else meanwhile.
fn raced(error: Error) -> Error {
    match error {
        Error::ExternalKeyTaken => Error::Conflict("an opportunity of the batch".to_owned()),
        other => other,
    }
}

fn result(fate: &Result<Fate, Error>) -> Result<proto::OpportunityRowResult, Error> {
    let result = match fate {
        Ok(Fate::Created(entry)) => RowResult::Created(entry.opportunity.id.to_string()),
        Ok(Fate::Updated { after, .. }) => RowResult::Updated(after.id.to_string()),
        Ok(Fate::Unchanged(known)) => RowResult::Unchanged(known.id.to_string()),
        Err(error) => RowResult::Error(status(error)?),
    };
    Ok(proto::OpportunityRowResult {
        result: Some(result),
    })
}

/// A refusal as a message: what would stand in the trailers of a call of its own.
pub(crate) fn status(error: &Error) -> Result<rpc::Status, Error> {
    let status = tonic::Status::from(keynode_kit::error::Explain::explain(error));
    Ok(rpc::Status::decode(status.details()).map_err(Fault::internal)?)
}
