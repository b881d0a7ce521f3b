//! One chunk of an import: one transaction that stores rows, what became of them, and how
//! far the import is.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::log::Origin;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{
    self as proto, ImportDuplicates, ImportOutcome, ImportResult, ImportRow,
};
use sqlx::Executor as _;

use super::accounts::Pass;
use super::duplicates::Finder;
use super::job::{Job, refuse_repeated_accounts, storable};
use super::{Import, contacts, lock, results, store, tally};
use crate::Accounts;
use crate::account::rules::Rules;
use crate::error::Error;
use crate::ids::ImportId;

/// Takes the rows of which the lines were not received yet. Rows must rise.
pub async fn take(
    service: &Accounts,
    call: &Call,
    id: ImportId,
    rows: &[ImportRow],
) -> Result<proto::Import, Error> {
    let mutations = &service.mutations;
    let work = async |tx: &mut Tx| {
        let before = lock(tx, call, id).await?;
        let is_new = |row: &&ImportRow| row.line > before.record.received_line;
        let rows: Vec<ImportRow> = rows.iter().filter(is_new).cloned().collect();
        if rows.is_empty() {
            return Ok(before.record);
        }
        if !before.record.dry_run {
            let mut w = Writer::new(tx, mutations.clock.clone());
            let results = store_rows(service, call, &before, &mut w, rows).await?;
            return close(call, w, &before, results).await;
        }
        tx.execute("savepoint rehearsal").await?;
        let mut rehearsal = Writer::new(tx, mutations.clock.clone());
        let results = store_rows(service, call, &before, &mut rehearsal, rows).await?;
        tx.execute("rollback to savepoint rehearsal").await?;
        let w = Writer::new(tx, mutations.clock.clone());
        close(call, w, &before, unnamed(results)).await
    };
    mutations.db.transaction(call.tenant()?, work).await
}

/// Does what the rows say; what became of each comes in their order.
async fn store_rows(
    service: &Accounts,
    call: &Call,
    import: &Import,
    w: &mut Writer<'_>,
    rows: Vec<ImportRow>,
) -> Result<Vec<ImportResult>, Error> {
    let record = &import.record;
    let sent = rows
        .iter()
        .filter_map(|row| row.account.as_ref()?.account.as_ref());
    let rules = Rules::load(w, call, sent).await?;
    let read = |row| Job::read(row, &record.source_system, &rules);
    let mut jobs: Vec<Job> = rows.into_iter().map(read).collect();
    let named = jobs.iter().flat_map(|job| {
        let parents = job
            .account
            .iter()
            .map(|row| storable(&row.parent_external_id));
        parents.chain([job.result.external_id.clone()])
    });
    let named: Vec<String> = named.filter(|id| !id.is_empty()).collect();
    let taken = results::lines_of(w, import.name(), &named).await?;
    refuse_repeated_accounts(&mut jobs, &taken);
    if record.dry_run {
        // The parent is one of an earlier chunk, which left nothing behind.
        let rows = jobs.iter_mut().flat_map(|job| &mut job.account);
        rows.filter(|row| taken.contains_key(&row.parent_external_id))
            .for_each(|row| row.parent_external_id.clear());
    }
    let pass = Pass {
        call,
        finder: match record.duplicates() {
            ImportDuplicates::Create | ImportDuplicates::Unspecified => None,
            _ => Some(Finder {
                call,
                sample: service.samples.get(w, call).await?,
            }),
        },
        policy: record.duplicates(),
    };
    pass.take(w, &mut jobs).await?;
    contacts::take(w, call, &mut jobs).await?;
    Ok(jobs.into_iter().map(|job| job.result).collect())
}

/// Notes what became of the rows, and how far the import is now.
async fn close(
    call: &Call,
    mut w: Writer<'_>,
    before: &Import,
    results: Vec<ImportResult>,
) -> Result<proto::Import, Error> {
    results::store(&mut w, before.name(), &results).await?;
    let after = before.changed(received(&before.record, &results), call.now);
    store(&mut w, before, &after).await?;
    let origin = Origin {
        tenant: call.tenant()?,
        service: "accounts",
        actor: call.principal.subject.clone(),
        cause: before.name().to_string(),
        trace_id: call.trace_id.clone(),
        occurred_at: call.now,
    };
    w.append(&origin).await?;
    Ok(after.record)
}

/// The import with these rows, in the order of their lines.
fn received(record: &proto::Import, results: &[ImportResult]) -> proto::Import {
    let mut record = record.clone();
    let mut contacts = record.contacts.unwrap_or_default();
    let accounts = record.accounts.get_or_insert_default();
    tally::add_all(accounts, &mut contacts, results);
    record.contacts = Some(contacts);
    record.row_count += i64::try_from(results.len()).unwrap_or(i64::MAX);
    record.received_line = results.last().map_or(record.received_line, |it| it.line);
    record
}

/// The results without what a rehearsal made and took back.
fn unnamed(mut results: Vec<ImportResult>) -> Vec<ImportResult> {
    let made: Vec<String> = results
        .iter()
        .filter(|it| it.outcome() == ImportOutcome::Created)
        .map(|it| it.account.clone())
        .collect();
    for result in &mut results {
        if result.outcome() == ImportOutcome::Created {
            result.account.clear();
        }
        result
            .possible_duplicates
            .retain(|twin| !made.contains(&twin.account));
        for contact in &mut result.contacts {
            if contact.outcome() == ImportOutcome::Created {
                contact.contact.clear();
            }
        }
    }
    results
}
