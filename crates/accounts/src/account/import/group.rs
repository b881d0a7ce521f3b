//! The place of each row in its group: parents may be rows of the same call, in any order.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use sqlx::PgConnection;
use uuid::Uuid;

use super::known::Known;
use super::row::{Parent, Plan};
use crate::account::hidden::Hidden;
use crate::account::key::Key;
use crate::account::tree;
use crate::error::Error;

type Plans = [Result<Plan, Error>];

/// Gives every plan its parent; refuses those whose parent is not there, or that would
/// stand above themselves. A refusal may orphan others, so this goes on until it is quiet.
pub async fn connect(
    connection: &mut PgConnection,
    call: &Call,
    known: &Known,
    plans: &mut Plans,
) -> Result<(), Error> {
    let stored = tree::parents_above(connection, &outside(known, plans)).await?;
    let above = stored.iter().flat_map(|(id, parent)| [*id, *parent]);
    let hidden = Hidden::among(connection, call, above).await?;
    let mut is_settled = false;
    while !is_settled {
        let of_call: HashMap<Key, Uuid> = plans
            .iter()
            .flatten()
            .flat_map(|plan| plan.keys().map(|key| (key, plan.after.id)))
            .collect();
        let orphans = place(known, &of_call, plans);
        is_settled = orphans == 0 && break_loops(&stored, &hidden, plans) == 0;
    }
    for plan in plans.iter_mut().flatten() {
        finish(plan);
    }
    Ok(())
}

/// Every stored account from which a way up may lead back into the rows.
fn outside(known: &Known, plans: &Plans) -> Vec<Uuid> {
    let mut ids = HashSet::new();
    for plan in plans.iter().flatten() {
        ids.extend(plan.before.as_ref().map(|before| before.id));
        match &plan.parent {
            Parent::Unsaid => {}
            Parent::Name(id) => ids.extend([id.0]),
            Parent::Key(key) => {
                ids.extend(known.stored(key).ok().flatten().map(|account| account.id))
            }
        }
    }
    ids.into_iter().collect()
}

/// Sets the parents; answers how many plans were refused for want of one.
fn place(known: &Known, of_call: &HashMap<Key, Uuid>, plans: &mut Plans) -> usize {
    let mut refused = 0;
    for slot in plans.iter_mut() {
        let Ok(plan) = slot else { continue };
        match parent_of(plan, known, of_call) {
            Ok(parent) => plan.after.parent_id = parent,
            Err(error) => {
                *slot = Err(error);
                refused += 1;
            }
        }
    }
    refused
}

fn parent_of(
    plan: &Plan,
    known: &Known,
    of_call: &HashMap<Key, Uuid>,
) -> Result<Option<Uuid>, Error> {
    match &plan.parent {
        Parent::Unsaid => Ok(plan.before.as_ref().and_then(|before| before.parent_id)),
        Parent::Name(id) => known.check_named(*id).map(|()| Some(id.0)),
        Parent::Key(key) => match of_call.get(key) {
            Some(id) => Ok(Some(*id)),
            None => {
                let stored = known.stored(key)?.map(|account| account.id);
                stored
                    .map(Some)
                    .ok_or_else(|| Error::AccountKeyNotFound(key.external_id.clone()))
            }
        },
    }
}

/// Refuses the plans whose new parent closes a loop; answers how many.
fn break_loops(stored: &HashMap<Uuid, Uuid>, hidden: &Hidden, plans: &mut Plans) -> usize {
    let mut parents = stored.clone();
    for plan in plans.iter().flatten() {
        match plan.after.parent_id {
            Some(parent) => parents.insert(plan.after.id, parent),
            None => parents.remove(&plan.after.id),
        };
    }
    let loops = tree::loops(&parents);
    let mut refused = 0;
    for slot in plans.iter_mut() {
        let Ok(plan) = slot else { continue };
        let is_moved =
            plan.before.as_ref().and_then(|before| before.parent_id) != plan.after.parent_id;
        if let Some(way) = loops
            .iter()
            .find(|way| is_moved && way.contains(&plan.after.id))
        {
            *slot = Err(Error::AccountCycle(hidden.told(way)));
            refused += 1;
        }
    }
    refused
}

/// Counts the version now that everything about the account is said.
fn finish(plan: &mut Plan) {
    if let Some(before) = &plan.before {
        plan.after = plan.after.clone().changed(before, plan.at);
    }
}
