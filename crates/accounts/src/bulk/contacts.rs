//! The contacts of a chunk, once it is known what became of the accounts.

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ContactRow, ImportContactResult, ImportOutcome};

use super::job::{Job, repeated_contacts};
use super::refusal::Refusal;
use crate::account::import::to_rpc_status;
use crate::contact::import::carry_out;
use crate::contact::import::row::{Plan, Row};
use crate::error::Error;

/// Takes the contacts of all jobs.
pub async fn take(w: &mut Writer<'_>, call: &Call, jobs: &mut [Job]) -> Result<(), Error> {
    let repeated = repeated_contacts(jobs);
    let mut places = Vec::new();
    let mut rows = Vec::new();
    for (row, job) in jobs.iter_mut().enumerate() {
        match job.result.outcome() {
            ImportOutcome::Failed => each(job, |result| {
                refuse(result, &Refusal::AccountRefused.into())
            }),
            ImportOutcome::Skipped => each(job, |it| it.set_outcome(ImportOutcome::Skipped)),
            _ => {
                for (index, contact) in placed(job).into_iter().enumerate() {
                    let is_repeated = repeated.contains(&(row, index));
                    rows.push(read(&contact, is_repeated, call.today()));
                    places.push((row, index));
                }
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let plans = carry_out(w, call, rows).await?;
    for ((row, index), plan) in places.into_iter().zip(plans) {
        let job = jobs.get_mut(row);
        if let Some(result) = job.and_then(|job| job.result.contacts.get_mut(index)) {
            note(result, plan);
        }
    }
    Ok(())
}

fn each(job: &mut Job, change: impl Fn(&mut ImportContactResult)) {
    job.result.contacts.iter_mut().for_each(change);
}

/// The contacts of a row at the row's account.
fn placed(job: &mut Job) -> Vec<ContactRow> {
    let mut contacts = std::mem::take(&mut job.contacts);
    if !job.result.account.is_empty() {
        for contact in contacts.iter_mut().flat_map(|row| &mut row.contact) {
            contact.account.clone_from(&job.result.account);
        }
    }
    contacts
}

fn read(row: &ContactRow, is_repeated: bool, today: Date) -> Result<Row, Error> {
    let mut bad = Violations::default();
    if is_repeated {
        bad.add(
            "contact.external_key",
            "must not be the key of another contact of the chunk too",
        );
    }
    bad.finish()?;
    Row::read(row, today)
}

fn refuse(result: &mut ImportContactResult, error: &Error) {
    result.error = Some(to_rpc_status(error.clone()));
    result.set_outcome(ImportOutcome::Failed);
}

fn note(result: &mut ImportContactResult, plan: Result<Plan, Error>) {
    let change = match plan {
        Ok(plan) => plan.change,
        Err(error) => return refuse(result, &error),
    };
    result.contact = change.after.name().to_string();
    result.set_outcome(match (&change.before, change.is_change()) {
        (None, _) => ImportOutcome::Created,
        (Some(_), true) => ImportOutcome::Updated,
        (Some(_), false) => ImportOutcome::Unchanged,
    });
}
