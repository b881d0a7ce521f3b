//! Adds or changes many prospects by their external keys, in one transaction.
//!
//! Every row is judged for itself; a refused row changes nothing. What a row does not say is
//! kept, so that a list with a few columns wipes nothing out.

mod known;

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::prospect_row_result::Result as Outcome;
use keynode_proto::accounts::v1::{
    BatchUpsertProspectsRequest, BatchUpsertProspectsResponse, ProspectRow, ProspectRowResult,
};
use uuid::Uuid;

use self::known::Known;
use super::{Prospect, belonging, record, row};
use crate::account::import::to_rpc_status;
use crate::error::Error;
use crate::{Accounts, mask};

/// Rows of one call at most.
const MAX_ROWS: usize = 1000;

/// Source system and external id.
type Key = (String, String);

/// What a row comes to.
#[derive(Clone, Debug)]
struct Plan {
    before: Option<Prospect>,
    after: Prospect,
}

impl Plan {
    fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

pub async fn upsert(
    service: &Accounts,
    call: &Call,
    request: BatchUpsertProspectsRequest,
) -> Result<BatchUpsertProspectsResponse, Error> {
    check_batch(&request)?;
    let rows: Vec<_> = request.rows.iter().map(|row| read(call, row)).collect();
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            row::lock_keys(w).await?;
            let sent: Vec<&proto::Prospect> = rows.iter().flatten().collect();
            let known = Known::load(w, call, &sent).await?;
            let plans: Vec<_> = rows
                .iter()
                .map(|row| {
                    row.clone()
                        .and_then(|sent| plan(call, &known, &sent, w.id()))
                })
                .collect();
            store(w, &plans).await?;
            Ok(BatchUpsertProspectsResponse {
                results: plans.into_iter().map(answer).collect(),
            })
        })
        .await
}

fn key_of(row: &proto::Prospect) -> Option<Key> {
    let key = row.external_key.as_ref()?;
    let key = (
        key.source_system.trim().to_owned(),
        key.external_id.trim().to_owned(),
    );
    (!key.0.is_empty() && !key.1.is_empty()).then_some(key)
}

/// Refuses a batch that is none, too large or ambiguous.
fn check_batch(request: &BatchUpsertProspectsRequest) -> Result<(), Error> {
    let mut bad = Violations::default();
    if request.rows.is_empty() || request.rows.len() > MAX_ROWS {
        bad.add("rows", format!("must be 1 to {MAX_ROWS} rows"));
    }
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for (index, row) in request.rows.iter().enumerate() {
        let Some(key) = row.prospect.as_ref().and_then(key_of) else {
            continue;
        };
        if let Some(first) = seen.get(&key) {
            let field = format!("rows[{index}].prospect.external_key");
            bad.add(field, format!("must not be the key of rows[{first}] too"));
        } else {
            seen.insert(key, index);
        }
    }
    Ok(bad.finish()?)
}

/// Checks what can be checked without the database.
fn read(call: &Call, row: &ProspectRow) -> Result<proto::Prospect, Error> {
    let mut bad = Violations::default();
    let sent = row.prospect.clone().unwrap_or_default();
    if sent.external_key.is_none() {
        bad.add("prospect.external_key", "must be set");
    }
    let mut whole = sent.clone();
    // A row of something known may leave these out: what is stored stays.
    if whole.display_name.trim().is_empty() {
        whole.display_name = "-".to_owned();
    }
    if whole.channel == 0 {
        whole.set_channel(proto::ProspectChannel::Other);
    }
    Prospect::new(Uuid::nil(), jiff::Timestamp::UNIX_EPOCH).told(&whole, call.today(), &mut bad);
    bad.finish()?;
    Ok(sent)
}

/// Checks the row against what is stored. `id` is the prospect's if it is new.
fn plan(call: &Call, known: &Known, sent: &proto::Prospect, id: Uuid) -> Result<Plan, Error> {
    let key = key_of(sent).expect("a key that is not whole is a violation");
    let before = known.stored(call, &key)?.cloned();
    let mut bad = Violations::default();
    let base = before
        .clone()
        .unwrap_or_else(|| Prospect::new(id, call.now));
    let wanted = mask::merge(&base.record, sent, None, &mut bad);
    let mut after = base.told(&wanted, call.today(), &mut bad);
    known.check_references(&after)?;
    let team_of = |person| known.team_of(person);
    after = match &before {
        None => belonging::with_defaults(after, call, team_of),
        Some(before) => after.changed(before, call.now),
    };
    let owners_team = after.owner().and_then(team_of);
    belonging::check(call, before.as_ref(), &after, owners_team, &mut bad);
    bad.finish()?;
    if let Some(before) = before.as_ref().filter(|before| **before != after) {
        before.check_open()?;
    }
    Ok(Plan { before, after })
}

async fn store(w: &mut Writer<'_>, plans: &[Result<Plan, Error>]) -> Result<(), Error> {
    let changes: Vec<&Plan> = plans
        .iter()
        .flatten()
        .filter(|plan| plan.is_change())
        .collect();
    let (new, changed): (Vec<&Plan>, Vec<&Plan>) =
        changes.iter().partition(|plan| plan.before.is_none());
    row::insert(w, new.into_iter().map(|plan| &plan.after)).await?;
    row::update(w, changed.into_iter().map(|plan| &plan.after)).await?;
    for plan in changes {
        record(w, plan.before.as_ref(), &plan.after);
    }
    Ok(())
}

fn answer(plan: Result<Plan, Error>) -> ProspectRowResult {
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
    ProspectRowResult {
        result: Some(outcome),
    }
}
