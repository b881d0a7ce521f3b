//! Takes a merge back.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    Merge, MergeState, MergeUndone, UndoMergeRequest, UndoMergeResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::apart::Apart;
use super::below::Below;
use super::carry::{self, Load};
use super::ledger::Lost;
use super::made::{relatives, save_all};
use super::refusal::Refusal;
use super::row::{self, Filter, Row};
use super::{below, lock, sight, territories};
use crate::Accounts;
use crate::account::{self, Account};
use crate::contact::{self, Contact};
use crate::error::Error;
use crate::ids::{AccountId, ContactId, DuplicateCandidateId, MapId, MergeId, NoteId, TerritoryId};
use crate::matching::carry::{self as distinct, Carried};
use crate::matching::{decide, profile};

/// Names of records added since that are answered at most.
const MOST_ADDED: i64 = 1000;

pub async fn undo(
    service: &Accounts,
    call: &Call,
    request: UndoMergeRequest,
) -> Result<UndoMergeResponse, Error> {
    let mut bad = Violations::default();
    let id: MergeId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let row = lock(w, call, id).await?;
            let survivor = check(w, call, &row, &request.etag).await?;
            let mut answer = part(w, call, &row, &survivor).await?;
            let undone = undone(call, &row);
            undone.update(w, call.now).await?;
            let change = MergeUndone {
                before: Some(row.record),
                after: Some(undone.record.clone()),
            };
            w.record(id.to_string(), undone.version, &change);
            answer.merge = sight::one_shown(w, call, undone.record).await?;
            Ok(answer)
        })
        .await
}

/// The merge, with everybody kept away from what it touched.
async fn lock(w: &mut Writer<'_>, call: &Call, id: MergeId) -> Result<Row, Error> {
    lock::trees(w).await?;
    let filter = Filter {
        id: Some(id.0),
        most: 1,
        ..Filter::default()
    };
    if row::list(w, call, &filter).await?.is_empty() {
        return Err(Refusal::NotFound(id).into());
    }
    let ledger = row::find(w, id).await?.ledger;
    let moved: Vec<Uuid> = ledger
        .losers
        .iter()
        .flat_map(|lost| lost.below.contacts.iter().copied())
        .collect();
    let mut subjects = vec![id.to_string()];
    subjects.extend(ledger.losers.iter().flat_map(|lost| lost.below.subjects()));
    let reports = reports(w, &moved).await?;
    subjects.extend(reports.iter().map(|id| ContactId(*id).to_string()));
    let territories = ledger.losers.iter().filter_map(|lost| lost.named_by);
    subjects.extend(
        territories
            .chain(ledger.named_by)
            .map(|id| TerritoryId(id).to_string()),
    );
    let pairs = ledger.pairs.iter().map(|(id, _)| *id);
    let pairs = pairs.chain(ledger.distinct.iter().map(Carried::pair));
    subjects.extend(pairs.map(|id| DuplicateCandidateId(id).to_string()));
    lock::take(w, &ledger.members(), subjects).await?;
    row::find(w, id).await
}

/// The survivor, if the merge can be undone.
async fn check(w: &mut Writer<'_>, call: &Call, row: &Row, etag: &str) -> Result<Account, Error> {
    etag::check(&row.name().to_string(), etag, row.version)?;
    if row.is_undone {
        return Err(Refusal::AlreadyUndone(row.name()).into());
    }
    // What comes back is shown: nobody brings back what they would not see.
    let is_seen = |lost: &Lost| call.sees(lost.before.owner_id, lost.before.team_id);
    if !row.ledger.losers.iter().all(is_seen) {
        return Err(Refusal::NotFound(row.name()).into());
    }
    let survivor = match account::find(w, call, row.ledger.before.name()).await {
        Err(Error::Merge(Refusal::AccountMerged { survivor, .. })) => Refusal::Superseded {
            merge: row.name(),
            survivor,
        },
        found if call.now <= row.undo_until => return found,
        _ => Refusal::UndoExpired {
            merge: row.name(),
            until: row.undo_until,
        },
    };
    Err(survivor.into())
}

fn undone(call: &Call, row: &Row) -> Row {
    let version = row.version + 1;
    let record = Merge {
        etag: version.to_string(),
        state: MergeState::Undone.into(),
        undo_time: Some(wire::timestamp(call.now)),
        undo_actor: call.principal.subject.clone(),
        ..row.record.clone()
    };
    Row {
        version,
        is_undone: true,
        record,
        ..row.clone()
    }
}

/// Gives everybody back what is still there.
async fn part(
    w: &mut Writer<'_>,
    call: &Call,
    row: &Row,
    survivor: &Account,
) -> Result<UndoMergeResponse, Error> {
    let ledger = &row.ledger;
    let here = below::all_of(w, survivor.id).await?;
    let (mut load, mut moved_since) = (Load::default(), Vec::new());
    for lost in &ledger.losers {
        load.add(&still(&lost.below, &here), lost.before.id);
        moved_since.extend(elsewhere(&lost.below, &here));
    }
    let apart = Apart::plan(w, call, ledger, survivor, &load).await?;
    let kept_external_keys = apart.save(w, call).await?;
    let moved = relatives(w, call, &apart.placed(&load)).await?;
    save_all(w, call, &moved).await?;
    let earlier: Vec<Uuid> = load.earlier.keys().copied().collect();
    profile::forget(w, &earlier).await?;
    let contacts = contacts(w, call, survivor.id, &load).await?;
    let released = carry::contacts(w, call, contacts, &load.contacts).await?;
    load.carry(w, call).await?;
    territories::part(w, call, ledger).await?;
    for lost in &ledger.losers {
        if let Some(assigned) = lost.assigned {
            territories::reassign(w, lost.before.id, assigned).await?;
        }
    }
    decide::reopen(w, call, &ledger.pairs).await?;
    distinct::take_back(w, call, &ledger.distinct).await?;
    let losers = ledger.losers.iter().map(|lost| lost.before.id);
    let mut accounts = Vec::new();
    for id in [survivor.id].into_iter().chain(losers) {
        accounts.extend(lock::accounts(w, &[id]).await?);
    }
    let mut accounts = accounts.iter().map(Account::to_proto);
    Ok(UndoMergeResponse {
        survivor: accounts.next(),
        losers: accounts.collect(),
        kept_fields: apart.kept.iter().map(|&path| path.to_owned()).collect(),
        moved_since,
        added_since: added(w, row, survivor.id).await?,
        released_contacts: released
            .iter()
            .map(|id| ContactId(*id).to_string())
            .collect(),
        unplaced_accounts: apart
            .unplaced
            .iter()
            .map(|id| AccountId(*id).to_string())
            .collect(),
        kept_external_keys,
        merge: None,
    })
}

/// What of it is still below the survivor.
fn still(lost: &Below, here: &Below) -> Below {
    Below {
        contacts: &lost.contacts & &here.contacts,
        maps: &lost.maps & &here.maps,
        notes: &lost.notes & &here.notes,
        children: &lost.children & &here.children,
        prospects: &lost.prospects & &here.prospects,
        earlier: &lost.earlier & &here.earlier,
    }
}

/// The names of what is not; notes cannot move, they were taken away.
fn elsewhere(lost: &Below, here: &Below) -> Vec<String> {
    let contacts = lost.contacts.difference(&here.contacts);
    let maps = lost.maps.difference(&here.maps);
    let accounts = lost.children.difference(&here.children);
    contacts
        .map(|id| ContactId(*id).to_string())
        .chain(maps.map(|id| MapId(*id).to_string()))
        .chain(accounts.map(|id| AccountId(*id).to_string()))
        .collect()
}

/// The contacts that go back, and those at the survivor who report to one of them.
async fn contacts(
    w: &mut Writer<'_>,
    call: &Call,
    survivor: Uuid,
    load: &Load,
) -> Result<Vec<Contact>, Error> {
    let going: Vec<Uuid> = load.contacts.keys().copied().collect();
    let reports = reports(w, &going).await?;
    let ids: HashSet<Uuid> = going.into_iter().chain(reports).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = contact::rows::load(w, call, &ids).await?;
    found.retain(|contact| contact.account_id == survivor);
    Ok(found)
}

async fn reports(connection: &mut PgConnection, managers: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let rows = sqlx::query_scalar!(
        "select id from accounts.contact where manager_id = any($1)",
        managers
    );
    Ok(rows.fetch_all(connection).await?)
}

/// What was added to the survivor since the merge.
async fn added(
    connection: &mut PgConnection,
    row: &Row,
    survivor: Uuid,
) -> Result<Vec<String>, Error> {
    let Some(since) = row.record.merge_time.as_ref() else {
        return Ok(Vec::new());
    };
    let since = wire::read_timestamp(since).map_err(keynode_kit::error::Fault::internal)?;
    let rows = sqlx::query!(
        r#"select 'contact' as "kind!", id as "id!" from accounts.contact
           where account_id = $1 and created_at > $2
           union all
           select 'map', opportunity_id from accounts.decision_map where account_id = $1 and created_at > $2
           union all
           select 'note', id from accounts.account_note where account_id = $1 and created_at > $2
           union all
           select 'account', id from accounts.account where parent_id = $1 and created_at > $2
           limit $3"#,
        survivor,
        jiff_sqlx::ToSqlx::to_sqlx(since) as _,
        MOST_ADDED,
    )
    .fetch_all(connection)
    .await?;
    let names = rows.into_iter().map(|row| match row.kind.as_str() {
        "contact" => ContactId(row.id).to_string(),
        "map" => MapId(row.id).to_string(),
        "note" => NoteId(row.id).to_string(),
        _ => AccountId(row.id).to_string(),
    });
    Ok(names.collect())
}
