//! Makes one account of several.

use std::collections::{BTreeMap, HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AccountsMerged, Merge, MergeAccountsRequest, MergeAccountsResponse, MergeCounts, MergeState,
};
use uuid::Uuid;

use super::below::{self, Below};
use super::carry::{self, Load};
use super::combine::{self, Combined};
use super::ledger::{Ledger, Lost};
use super::order::Order;
use super::row::Row;
use super::{lock, place, refusal, same_name, sight, territories};
use crate::Accounts;
use crate::account::save::{self, Change};
use crate::account::{self, Account, tree};
use crate::contact;
use crate::error::Error;
use crate::ids::{AccountId, DuplicateCandidateId, MergeId, TerritoryId};
use crate::matching::carry::{self as distinct, Distinct};
use crate::matching::{decide, profile};

pub async fn merge(
    service: &Accounts,
    call: &Call,
    request: MergeAccountsRequest,
) -> Result<MergeAccountsResponse, Error> {
    let order = Order::read(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let parts = Parts::take(w, call, &order).await?;
            let row = parts.join(w, call, &order, service).await?;
            row.insert(w).await?;
            let change = AccountsMerged {
                after: Some(row.record.clone()),
            };
            w.record(row.name().to_string(), row.version, &change);
            Ok(MergeAccountsResponse {
                merge: sight::one_shown(w, call, row.record).await?,
            })
        })
        .await
}

/// The accounts and all that is below them, with everybody else kept away.
struct Parts {
    survivor: Account,
    losers: Vec<Account>,
    below: BTreeMap<Uuid, Below>,
    /// Territories that name one of the accounts.
    named: HashMap<Uuid, Uuid>,
    pairs: Vec<Uuid>,
    /// Decisions about the losers that are to hold for the survivor.
    distinct: Vec<Distinct>,
}

impl Parts {
    async fn take(w: &mut Writer<'_>, call: &Call, order: &Order) -> Result<Self, Error> {
        let members = order.members();
        lock::trees(w).await?;
        // Before anything is counted: nobody learns how much is below what they do not see.
        for id in &members {
            account::find(w, call, AccountId(*id)).await?;
        }
        let foreseen = below::read(w, &order.losers, &members).await?;
        let pairs = decide::unsettled(w, &order.losers).await?;
        let distinct = distinct::find(w, order.survivor, &order.losers).await?;
        let named = territories::naming(w, &members).await?;
        let mut subjects: Vec<String> = foreseen.values().flat_map(Below::subjects).collect();
        let decided = distinct.iter().flat_map(Distinct::pairs);
        let pairs_touched = pairs.iter().copied().chain(decided);
        subjects.extend(pairs_touched.map(|id| DuplicateCandidateId(id).to_string()));
        subjects.extend(named.values().map(|id| TerritoryId(*id).to_string()));
        lock::take(w, &members, subjects).await?;
        let mut accounts = Vec::with_capacity(members.len());
        for (id, etag) in members.iter().zip(&order.etags) {
            let account = account::find(w, call, AccountId(*id)).await?;
            etag::check(&account.name().to_string(), etag, account.version)?;
            accounts.push(account);
        }
        let below = below::read(w, &order.losers, &members).await?;
        let decided = distinct::find(w, order.survivor, &order.losers).await?;
        if below != foreseen || decided != distinct {
            // What came meanwhile has not taken its turn; it is there now for the next try.
            return Err(refusal::raced().into());
        }
        let mut accounts = accounts.into_iter();
        let survivor = accounts.next().ok_or_else(refusal::raced)?;
        Ok(Self {
            survivor,
            losers: accounts.collect(),
            below,
            named,
            pairs,
            distinct,
        })
    }

    /// Carries it out and answers what is to be kept of it.
    async fn join(
        self,
        w: &mut Writer<'_>,
        call: &Call,
        order: &Order,
        service: &Accounts,
    ) -> Result<Row, Error> {
        let combined = self.combine(w, call, order).await?;
        let mut load = Load::default();
        for below in self.below.values() {
            load.add(below, order.survivor);
        }
        self.save_accounts(w, call, &combined.account, &load)
            .await?;
        let ids: Vec<Uuid> = load.contacts.keys().copied().collect();
        let contacts = contact::rows::load(w, call, &ids).await?;
        carry::contacts(w, call, contacts, &load.contacts).await?;
        load.carry(w, call).await?;
        let ledger = self.settle(w, call, order, &combined.account).await?;
        let id = w.id();
        let undo_until = call
            .now
            .checked_add(service.settings.merge_undo)
            .unwrap_or(jiff::Timestamp::MAX);
        let record = Merge {
            name: MergeId(id).to_string(),
            etag: "1".to_owned(),
            survivor: AccountId(order.survivor).to_string(),
            losers: order
                .losers
                .iter()
                .map(|id| AccountId(*id).to_string())
                .collect(),
            state: MergeState::Done.into(),
            merge_time: Some(wire::timestamp(call.now)),
            actor: call.principal.subject.clone(),
            undo_until: Some(wire::timestamp(undo_until)),
            moved: Some(counts(&load, &ledger)),
            after: Some(combined.account.to_proto()),
            conflicts: combined.conflicts,
            same_name_contacts: same_name::of(w, order.survivor).await?,
            ..Merge::default()
        };
        Ok(Row {
            id,
            version: 1,
            undo_until,
            is_undone: false,
            record,
            ledger,
        })
    }

    /// What the survivor becomes, if it may.
    async fn combine(
        &self,
        w: &mut Writer<'_>,
        call: &Call,
        order: &Order,
    ) -> Result<Combined, Error> {
        let combined = combine::combine(&self.survivor, &self.losers, &order.choices);
        combine::check_size(&combined.account)?;
        let members = order.members();
        // What the survivor will stand below may stand below another of them.
        let above = tree::parents_above(w, &members).await?;
        let members: HashSet<Uuid> = members.into_iter().collect();
        let parent_id = place::parent(&above, &members, combined.account.parent_id);
        let account = Account {
            parent_id,
            ..combined.account
        }
        .changed(&self.survivor, call.now);
        if !call.sees(account.owner_id, account.team_id) {
            let mut bad = Violations::default();
            bad.add(
                "choices",
                "must leave an owner or team whose records you see",
            );
            bad.finish()?;
        }
        Ok(Combined {
            account,
            ..combined
        })
    }

    /// The losers first: their keys must be free when the survivor takes them.
    async fn save_accounts(
        &self,
        w: &mut Writer<'_>,
        call: &Call,
        survivor: &Account,
        load: &Load,
    ) -> Result<(), Error> {
        let lost = |before: &Account| {
            let after = Account {
                parent_id: None,
                source_system: None,
                external_id: None,
                further_keys: Default::default(),
                merged_into_id: Some(survivor.id),
                ..before.clone()
            };
            after.changed(before, call.now)
        };
        let losers = self.losers.iter();
        let losers: Vec<_> = losers
            .map(|before| (before.clone(), lost(before)))
            .collect();
        save_all(w, call, &losers).await?;
        save_all(w, call, &[(self.survivor.clone(), survivor.clone())]).await?;
        let moved = relatives(w, call, load).await?;
        save_all(w, call, &moved).await?;
        let gone = self.losers.iter().map(|loser| loser.id);
        let gone: Vec<Uuid> = gone.chain(load.earlier.keys().copied()).collect();
        profile::forget(w, &gone).await
    }

    /// Territories and pairs; answers what undoing needs.
    async fn settle(
        self,
        w: &mut Writer<'_>,
        call: &Call,
        order: &Order,
        after: &Account,
    ) -> Result<Ledger, Error> {
        let named_by =
            territories::merge(w, call, order.survivor, &order.losers, &self.named).await?;
        let assigned = territories::unassign(w, &order.losers).await?;
        let pairs = decide::settle(w, call, &self.pairs).await?;
        let distinct = distinct::carry(w, call, order.survivor, &self.distinct).await?;
        let mut below = self.below;
        let losers = self.losers.into_iter().map(|before| Lost {
            below: below.remove(&before.id).unwrap_or_default(),
            named_by: self.named.get(&before.id).copied(),
            assigned: assigned.get(&before.id).copied(),
            before,
        });
        Ok(Ledger {
            losers: losers.collect(),
            before: self.survivor,
            after: after.clone(),
            named_by,
            pairs,
            distinct,
        })
    }
}

/// Accounts that come to stand elsewhere, and those whose names come to lead elsewhere.
pub async fn relatives(
    w: &mut Writer<'_>,
    call: &Call,
    load: &Load,
) -> Result<Vec<(Account, Account)>, Error> {
    let ids: Vec<Uuid> = load
        .children
        .keys()
        .chain(load.earlier.keys())
        .copied()
        .collect();
    let stored = lock::accounts(w, &ids).await?;
    let moved = stored.into_iter().map(|before| {
        let after = Account {
            parent_id: load.children.get(&before.id).copied().or(before.parent_id),
            merged_into_id: load
                .earlier
                .get(&before.id)
                .copied()
                .or(before.merged_into_id),
            ..before.clone()
        };
        let after = after.changed(&before, call.now);
        (before, after)
    });
    Ok(moved.collect())
}

/// Stores those that changed.
pub async fn save_all(
    w: &mut Writer<'_>,
    call: &Call,
    accounts: &[(Account, Account)],
) -> Result<(), Error> {
    let changed = accounts.iter().filter(|(before, after)| before != after);
    let changes: Vec<Change<'_>> = changed
        .map(|(before, after)| Change {
            before: Some(before),
            after,
        })
        .collect();
    save::save(w, call, &changes).await
}

fn counts(load: &Load, ledger: &Ledger) -> MergeCounts {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let names = |account: &Account| account.profile.names.len();
    let keys = ledger.losers.iter().flat_map(|lost| lost.before.keys());
    let named = ledger.losers.iter().filter_map(|lost| lost.named_by);
    MergeCounts {
        contacts: count(load.contacts.len()),
        decision_maps: count(load.maps.len()),
        notes: count(load.notes.len()),
        external_keys: count(keys.count()),
        names: count(names(&ledger.after).saturating_sub(names(&ledger.before))),
        children: count(load.children.len()),
        prospects: count(load.prospects.len()),
        territories: count(named.collect::<HashSet<_>>().len()),
        duplicate_candidates: count(ledger.pairs.len()),
        earlier_losers: count(load.earlier.len()),
    }
}
