//! Keeps people and teams as another system has them, in one transaction.
//!
//! Every row is judged for itself; a refused row changes nothing. A row that refers to one
//! that was refused, and is not stored, is refused as well. What a row does not say is kept.

mod absent;
mod known;
mod person_row;
mod references;
mod store;
mod team_row;

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::sync_row_result::Result as Outcome;
use keynode_proto::accounts::v1::{
    SyncDirectoryRequest, SyncDirectoryResponse, SyncMode, SyncRowResult,
};
use uuid::Uuid;

use self::absent::Limit;
use self::known::Known;
use crate::Accounts;
use crate::account::import::to_rpc_status;
use crate::error::Error;
use crate::ids::PersonId;
use crate::person::Person;
use crate::team::Team;

/// Rows of one call at most.
const MAX_ROWS: usize = 1000;

/// A row that may be stored: the record as it was, and as it will be.
#[derive(Clone, Debug)]
pub struct Plan<T> {
    pub before: Option<T>,
    pub after: T,
}

/// What becomes of each row, in the order of the request.
type Plans<T> = Vec<Result<Plan<T>, Error>>;

pub async fn sync(
    service: &Accounts,
    call: &Call,
    request: SyncDirectoryRequest,
) -> Result<SyncDirectoryResponse, Error> {
    let limit = check(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let known = Known::load(w, &request, limit.as_ref()).await?;
            let mut teams = team_row::plan(w, call, &request, &known);
            let mut people = person_row::plan(w, call, &request, &known);
            references::connect(&request, &known, &mut teams, &mut people);
            finish(call, &mut teams, &mut people);
            store::store(w, &teams, &people).await?;
            let absent = absent::disable(w, call, &request, &known, limit.as_ref()).await?;
            Ok(SyncDirectoryResponse {
                teams: answer(
                    request.teams.iter().map(|row| &row.external_id),
                    teams,
                    |_: &Team| false,
                ),
                people: answer(
                    request.people.iter().map(|row| &row.external_id),
                    people,
                    |person: &Person| person.disabled,
                ),
                disabled_people: names(&absent.disabled),
                kept_people: names(&absent.kept),
            })
        })
        .await
}

/// Refuses a call that is too large or ambiguous; answers how many may be disabled, if this
/// call ends a whole set.
fn check(request: &SyncDirectoryRequest) -> Result<Option<Limit>, Error> {
    let mut bad = Violations::default();
    bad.name_text("source_system", &request.source_system, 64);
    let mode: SyncMode = bad.required_enum("mode", request.mode);
    let rows = request.teams.len() + request.people.len();
    let may_be_empty = mode == SyncMode::Full && request.is_last;
    if rows > MAX_ROWS || (rows == 0 && !may_be_empty) {
        bad.add(
            "people",
            format!("must be 1 to {MAX_ROWS} rows with the teams"),
        );
    }
    check_keys(
        "teams",
        request.teams.iter().map(|row| &row.external_id),
        &mut bad,
    );
    check_keys(
        "people",
        request.people.iter().map(|row| &row.external_id),
        &mut bad,
    );
    let run = read_run(&request.sync_run, &mut bad);
    let percent = request.max_disabled_percent.unwrap_or(Limit::DEFAULT);
    bad.range("max_disabled_percent", percent.into(), 0..=100);
    bad.finish()?;
    let ends = mode == SyncMode::Full && (run.is_none() || request.is_last);
    Ok(ends.then_some(Limit { run, percent }))
}

fn read_run(text: &str, bad: &mut Violations) -> Option<Uuid> {
    let run = Some(text).filter(|text| !text.is_empty())?;
    let parsed = Uuid::try_parse(run).ok();
    if parsed.is_none() {
        bad.add("sync_run", "must be a UUID or empty");
    }
    parsed
}

fn check_keys<'a>(field: &str, keys: impl Iterator<Item = &'a String>, bad: &mut Violations) {
    let mut seen = HashSet::new();
    for (index, key) in keys.enumerate() {
        let field = format!("{field}[{index}].external_id");
        let key = bad.required_text(&field, key, 256);
        if !key.is_empty() && !seen.insert(key) {
            bad.add(field, "must not be the key of another row too");
        }
    }
}

/// Counts the versions now that everything about the records is said.
fn finish(call: &Call, teams: &mut Plans<Team>, people: &mut Plans<Person>) {
    for plan in teams.iter_mut().flatten() {
        if let Some(before) = &plan.before {
            plan.after = plan.after.clone().changed(before, call.now);
        }
    }
    for plan in people.iter_mut().flatten() {
        if let Some(before) = &plan.before {
            plan.after = plan.after.clone().changed(before, call.now);
        }
    }
}

fn names(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(|id| PersonId(*id).to_string()).collect()
}

/// A record that rows are about.
pub trait Synced: PartialEq {
    fn resource_name(&self) -> String;
}

impl Synced for Team {
    fn resource_name(&self) -> String {
        self.name().to_string()
    }
}

impl Synced for Person {
    fn resource_name(&self) -> String {
        self.name().to_string()
    }
}

impl<T: Synced> Plan<T> {
    /// Whether there is anything to store.
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

fn answer<'a, T: Synced>(
    keys: impl Iterator<Item = &'a String>,
    plans: Plans<T>,
    is_disabled: impl Fn(&T) -> bool,
) -> Vec<SyncRowResult> {
    let outcome = |plan: Result<Plan<T>, Error>| match plan {
        Err(error) => Outcome::Error(to_rpc_status(error)),
        Ok(plan) => {
            let name = plan.after.resource_name();
            match &plan.before {
                None => Outcome::Created(name),
                Some(_) if !plan.is_change() => Outcome::Unchanged(name),
                Some(before) if is_disabled(&plan.after) && !is_disabled(before) => {
                    Outcome::Disabled(name)
                }
                Some(_) => Outcome::Updated(name),
            }
        }
    };
    keys.zip(plans)
        .map(|(key, plan)| SyncRowResult {
            external_id: key.clone(),
            result: Some(outcome(plan)),
        })
        .collect()
}
