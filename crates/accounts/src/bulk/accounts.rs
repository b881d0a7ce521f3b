//! The accounts of a chunk: those that have a key are changed, the others linked, skipped or
//! added.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{AccountRow, ImportDuplicates, ImportOutcome};
use sqlx::PgConnection;

use super::duplicates::{Finder, same};
use super::job::Job;
use crate::account::Account;
use crate::account::import::{Plan, plan, store};
use crate::account::key::{self, Key};
use crate::error::Error;
use crate::ids::AccountId;
use crate::matching::fold::compact;

/// What all passes over a chunk share.
pub struct Pass<'c> {
    pub call: &'c Call,
    /// None when nobody looks for duplicates.
    pub finder: Option<Finder<'c>>,
    pub policy: ImportDuplicates,
}

/// What is done now: jobs by index, and accounts that get the keys of their rows.
#[derive(Default)]
struct Batch {
    jobs: Vec<usize>,
    links: Vec<(Key, AccountId)>,
    /// What must wait until the others are stored.
    later: Vec<usize>,
}

impl Pass<'_> {
    /// Takes the accounts of all jobs that were not refused.
    ///
    /// A row may be of an account that another row of the chunk adds or is linked to: it is
    /// taken after that one, as if it came in a later chunk.
    pub async fn take(&self, w: &mut Writer<'_>, jobs: &mut [Job]) -> Result<(), Error> {
        let is_there = |index: &usize| jobs.get(*index).is_some_and(|job| job.account.is_some());
        let mut waiting: Vec<usize> = (0..jobs.len()).filter(is_there).collect();
        while !waiting.is_empty() {
            let (once, again) = self.once_each(w, jobs, waiting).await?;
            waiting = once;
            let mut batch = match self.policy {
                ImportDuplicates::Link | ImportDuplicates::Skip => {
                    self.choose(w, jobs, waiting).await?
                }
                _ => Batch {
                    jobs: waiting,
                    ..Batch::default()
                },
            };
            self.carry_out(w, jobs, &batch).await?;
            batch.later.extend(again);
            batch.later.sort_unstable();
            waiting = batch.later;
        }
        Ok(())
    }

    /// The rows of accounts that no row before them is of, and the others: an account has several
    /// keys once others were merged into it.
    async fn once_each(
        &self,
        connection: &mut PgConnection,
        jobs: &[Job],
        waiting: Vec<usize>,
    ) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let key = |index: &usize| Key::of(jobs.get(*index)?.account.as_ref()?);
        let keys = waiting.iter().filter_map(key);
        let holders = key::holders(connection, self.call, keys).await?;
        let holders: HashMap<Key, AccountId> =
            holders.into_iter().map(|it| (it.key, it.account)).collect();
        let mut met = HashSet::new();
        let is_first = |index: &usize| {
            let account = key(index).and_then(|key| holders.get(&key));
            account.is_none_or(|account| met.insert(account.0))
        };
        Ok(waiting.into_iter().partition(is_first))
    }

    /// Finds out whose rows are of accounts that are there under another key.
    async fn choose(
        &self,
        connection: &mut PgConnection,
        jobs: &mut [Job],
        waiting: Vec<usize>,
    ) -> Result<Batch, Error> {
        let held = self.held(connection, jobs, &waiting).await?;
        let (mut names, mut targets) = (HashSet::new(), HashSet::new());
        let mut batch = Batch::default();
        for index in waiting {
            let Some((job, row)) = jobs
                .get_mut(index)
                .and_then(|job| job.account.clone().map(|row| (job, row)))
            else {
                continue;
            };
            let name = row.account.as_ref().map(|it| compact(&it.display_name));
            let key = Key::of(&row).filter(|key| !held.contains(key));
            let (Some(key), Some(finder)) = (key, &self.finder) else {
                batch.jobs.push(index);
                continue;
            };
            if !names.insert(name) {
                batch.later.push(index);
                continue;
            }
            let found = finder.of_row(connection, &row).await?;
            let target = same(&found).cloned();
            job.result.possible_duplicates = found;
            match (target, self.policy) {
                (Some(target), ImportDuplicates::Skip) => {
                    job.result.set_outcome(ImportOutcome::Skipped);
                    job.result.account = target.account;
                    job.account = None;
                }
                (Some(target), _) if !target.hidden => {
                    if targets.insert(target.account.clone()) {
                        batch.jobs.push(index);
                        let id = target.account.parse().ok();
                        batch.links.extend(id.map(|id| (key, id)));
                    } else {
                        batch.later.push(index);
                    }
                }
                _ => batch.jobs.push(index),
            }
        }
        Ok(batch)
    }

    /// The keys of the rows that some account has.
    async fn held(
        &self,
        connection: &mut PgConnection,
        jobs: &[Job],
        waiting: &[usize],
    ) -> Result<HashSet<Key>, Error> {
        let rows = waiting.iter().filter_map(|index| jobs.get(*index));
        let keys = rows.filter_map(|job| Key::of(job.account.as_ref()?));
        let holders = key::holders(connection, self.call, keys).await?;
        Ok(holders.into_iter().map(|holder| holder.key).collect())
    }

    async fn carry_out(
        &self,
        w: &mut Writer<'_>,
        jobs: &mut [Job],
        batch: &Batch,
    ) -> Result<(), Error> {
        let of = |index: &usize| jobs.get(*index)?.account.clone();
        let rows: Vec<AccountRow> = batch.jobs.iter().filter_map(of).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let plans = plan(w, self.call, &rows, &batch.links).await?;
        store(w, self.call, &plans).await?;
        let linked: HashSet<&Key> = batch.links.iter().map(|(key, _)| key).collect();
        for (index, plan) in batch.jobs.iter().zip(&plans) {
            if let Some(job) = jobs.get_mut(*index) {
                note(job, plan, &linked);
            }
        }
        self.look(w, jobs, batch, &plans).await
    }

    /// Keeps the new accounts that may be there twice.
    async fn look(
        &self,
        w: &mut Writer<'_>,
        jobs: &mut [Job],
        batch: &Batch,
        plans: &[Result<Plan, Error>],
    ) -> Result<(), Error> {
        let Some(finder) = &self.finder else {
            return Ok(());
        };
        let new: Vec<(usize, &Account)> = batch
            .jobs
            .iter()
            .zip(plans)
            .filter_map(|(index, plan)| Some((*index, plan.as_ref().ok()?)))
            .filter(|(_, plan)| plan.before.is_none())
            .map(|(index, plan)| (index, &plan.after))
            .collect();
        let accounts: Vec<Account> = new.iter().map(|(_, it)| (*it).clone()).collect();
        let told = finder.keep(w, &accounts).await?;
        let told: HashMap<usize, _> = new.iter().map(|(index, _)| *index).zip(told).collect();
        for (index, found) in told {
            if let Some(job) = jobs.get_mut(index) {
                job.result.possible_duplicates = found;
            }
        }
        Ok(())
    }
}

fn note(job: &mut Job, plan: &Result<Plan, Error>, linked: &HashSet<&Key>) {
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => return job.refuse(error.clone()),
    };
    job.result.account = plan.after.name().to_string();
    job.result.set_outcome(match &plan.before {
        None => ImportOutcome::Created,
        Some(_) if linked.contains(&plan.key) => ImportOutcome::Linked,
        Some(_) if plan.is_change() => ImportOutcome::Updated,
        Some(_) => ImportOutcome::Unchanged,
    });
}
