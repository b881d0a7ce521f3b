//! The accounts of a merge as they are when it is undone.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::carry::Load;
use super::ledger::{Ledger, Lost};
use super::made::save_all;
use super::{lock, redirect, revert};
use crate::account::{Account, key, tree};
use crate::error::Error;
use crate::external_key::Key;

/// What becomes of the survivor and the losers.
#[derive(Debug)]
pub struct Apart {
    survivor: (Account, Account),
    losers: Vec<(Account, Account)>,
    /// Fields of the survivor that somebody changed since.
    pub kept: Vec<&'static str>,
    /// Accounts that cannot stand where they stood.
    pub unplaced: Vec<Uuid>,
}

impl Apart {
    pub async fn plan(
        w: &mut Writer<'_>,
        call: &Call,
        ledger: &Ledger,
        survivor: &Account,
        load: &Load,
    ) -> Result<Self, Error> {
        let (mut reverted, kept) = revert::revert(survivor, &ledger.before, &ledger.after);
        let keys = ledger.losers.iter().flat_map(|lost| lost.before.keys());
        revert::drop_keys(&mut reverted, &ledger.before, &keys.collect());
        let mut losers = Vec::new();
        for lost in &ledger.losers {
            let stored = lock::accounts(w, &[lost.before.id]).await?;
            losers.extend(
                stored
                    .into_iter()
                    .map(|now| (now.clone(), back(lost, &now))),
            );
        }
        let mut apart = Self {
            survivor: (survivor.clone(), reverted),
            losers,
            kept,
            unplaced: Vec::new(),
        };
        apart.place(w, load).await?;
        let finish = |(before, after): &mut (Account, Account)| {
            *after = after.clone().changed(before, call.now);
        };
        finish(&mut apart.survivor);
        apart.losers.iter_mut().for_each(finish);
        Ok(apart)
    }

    /// Gives up the old place of whoever would stand above themselves there, since the group
    /// was arranged anew.
    async fn place(&mut self, w: &mut Writer<'_>, load: &Load) -> Result<(), Error> {
        self.follow_parents(w).await?;
        let above = self.everybody().filter_map(|(_, after)| after.parent_id);
        let own = self.everybody().map(|(_, after)| after.id);
        let ids: Vec<Uuid> = above
            .chain(own)
            .chain(load.children.keys().copied())
            .collect();
        let stored = tree::parents_above(w, &ids).await?;
        while let Some(way) = tree::loops(&self.parents(&stored, load)).pop() {
            let mut losers = self.losers.iter_mut().map(|(_, after)| after);
            let lost = losers.find(|loser| loser.parent_id.is_some() && way.contains(&loser.id));
            let unplaced = match lost {
                Some(loser) => {
                    loser.parent_id = None;
                    loser.id
                }
                None => {
                    self.survivor.1.parent_id = self.survivor.0.parent_id;
                    self.survivor.1.id
                }
            };
            if self.unplaced.contains(&unplaced) {
                break;
            }
            self.unplaced.push(unplaced);
        }
        Ok(())
    }

    fn everybody(&self) -> impl Iterator<Item = &(Account, Account)> {
        std::iter::once(&self.survivor).chain(&self.losers)
    }

    /// Whoever stood above may have been merged since.
    async fn follow_parents(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let above = self.everybody().filter_map(|(_, after)| after.parent_id);
        let mut merged = redirect::of(w, &above.collect::<Vec<_>>()).await?;
        let coming_back: HashSet<Uuid> = self.losers.iter().map(|(_, after)| after.id).collect();
        merged.retain(|id, _| !coming_back.contains(id));
        let led = |after: &mut Account| {
            let parent = after.parent_id;
            let parent = parent.map(|id| merged.get(&id).copied().unwrap_or(id));
            after.parent_id = parent.filter(|id| *id != after.id);
        };
        led(&mut self.survivor.1);
        self.losers.iter_mut().for_each(|(_, after)| led(after));
        Ok(())
    }

    fn parents(&self, stored: &HashMap<Uuid, Uuid>, load: &Load) -> HashMap<Uuid, Uuid> {
        let mut parents = stored.clone();
        parents.extend(load.children.iter().map(|(child, above)| (*child, *above)));
        for (_, after) in self.everybody() {
            match after.parent_id {
                Some(parent) => parents.insert(after.id, parent),
                None => parents.remove(&after.id),
            };
        }
        parents
    }

    /// Who goes back where, without those that have their places from this already.
    pub fn placed(&self, load: &Load) -> Load {
        let own: HashSet<Uuid> = self.everybody().map(|(_, after)| after.id).collect();
        let children = load.children.iter().filter(|(id, _)| !own.contains(id));
        Load {
            children: children.map(|(id, to)| (*id, *to)).collect(),
            earlier: load.earlier.clone(),
            ..Load::default()
        }
    }

    /// Stores survivor and losers; answers the keys that another account got since.
    pub async fn save(&self, w: &mut Writer<'_>, call: &Call) -> Result<Vec<String>, Error> {
        let ids: Vec<Uuid> = self.losers.iter().map(|(_, after)| after.id).collect();
        // Before anything refers to them again.
        sqlx::query!(
            "update accounts.account set merged_into_id = null where id = any($1)",
            &ids
        )
        .execute(&mut **w)
        .await?;
        save_all(w, call, std::slice::from_ref(&self.survivor)).await?;
        let keys = self.losers.iter().flat_map(|(_, after)| after.keys());
        let taken = key::holders(w, call, keys).await?;
        let taken: HashSet<Key> = taken.into_iter().map(|holder| holder.key).collect();
        let without = |(before, after): &(Account, Account)| {
            let mut after = after.clone();
            revert::drop_keys(&mut after, before, &taken);
            (before.clone(), after)
        };
        let losers: Vec<_> = self.losers.iter().map(without).collect();
        save_all(w, call, &losers).await?;
        let told = |key: &Key| format!("{}:{}", key.source_system, key.external_id);
        let mut told: Vec<String> = taken.iter().map(told).collect();
        told.sort_unstable();
        Ok(told)
    }
}

/// A loser as it was.
fn back(lost: &Lost, now: &Account) -> Account {
    Account {
        version: now.version,
        created_at: now.created_at,
        updated_at: now.updated_at,
        ..lost.before.clone()
    }
}
