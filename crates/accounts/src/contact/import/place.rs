//! The manager of each row: managers may be rows of the same call, in any order.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::known::Known;
use super::row::{Plan, Reference};
use crate::account::tree;
use crate::contact::lines;
use crate::contact::refusal::Refusal;
use crate::error::Error;
use crate::external_key::Key;
use crate::ids::ContactId;

type Plans = [Result<Plan, Error>];

/// Gives every plan its manager; refuses those whose manager is not there or works
/// elsewhere, or who would report to themselves. A refusal may leave others without their
/// manager, so this goes on until it is quiet.
pub async fn place_all(
    connection: &mut PgConnection,
    known: &Known,
    plans: &mut Plans,
) -> Result<(), Error> {
    let named: Vec<Uuid> = known.contacts().chain(known.managers()).collect();
    let stored = lines::managers_above(connection, &named).await?;
    let mut is_settled = false;
    while !is_settled {
        let refused = place(known, plans) + break_loops(&stored, plans);
        is_settled = refused == 0;
    }
    for plan in plans.iter_mut().flatten() {
        finish(plan);
    }
    Ok(())
}

/// Sets the managers; answers how many plans were refused for want of one.
fn place(known: &Known, plans: &mut Plans) -> usize {
    let of_call: HashMap<Key, (ContactId, Uuid)> = plans
        .iter()
        .flatten()
        .map(|plan| (plan.key.clone(), place_of(&plan.change.after)))
        .collect();
    let mut refused = 0;
    for slot in plans.iter_mut() {
        let Ok(plan) = slot else { continue };
        match manager_of(plan, known, &of_call) {
            Ok(manager) => plan.change.after.manager_id = manager,
            Err(error) => {
                *slot = Err(error);
                refused += 1;
            }
        }
    }
    refused
}

fn place_of(contact: &crate::contact::Contact) -> (ContactId, Uuid) {
    (contact.name(), contact.account_id)
}

fn manager_of(
    plan: &Plan,
    known: &Known,
    of_call: &HashMap<Key, (ContactId, Uuid)>,
) -> Result<Option<Uuid>, Error> {
    let stored = plan.change.before.as_ref().and_then(|c| c.manager_id);
    let (manager, account) = match &plan.manager {
        None => return Ok(stored),
        Some(Reference::Name(id)) => (*id, known.account_of(*id)?),
        Some(Reference::Key(key)) => match of_call.get(key) {
            Some(place) => *place,
            None => {
                let found = known.contact(key)?.map(place_of);
                found.ok_or_else(|| Refusal::KeyNotFound(key.external_id.clone()))?
            }
        },
    };
    lines::same_account(manager, account, &plan.change.after)?;
    Ok(Some(manager.0))
}

/// Refuses the plans whose new manager closes a loop; answers how many.
fn break_loops(stored: &HashMap<Uuid, Uuid>, plans: &mut Plans) -> usize {
    let mut managers = stored.clone();
    for plan in plans.iter().flatten() {
        let contact = &plan.change.after;
        match contact.manager_id {
            Some(manager) => managers.insert(contact.id, manager),
            None => managers.remove(&contact.id),
        };
    }
    let loops = tree::loops(&managers);
    let mut refused = 0;
    for slot in plans.iter_mut() {
        let Ok(plan) = slot else { continue };
        let id = plan.change.after.id;
        let stored = plan.change.before.as_ref().and_then(|c| c.manager_id);
        let is_new_line = stored != plan.change.after.manager_id;
        if let Some(way) = loops.iter().find(|way| is_new_line && way.contains(&id)) {
            *slot = Err(Refusal::Cycle(lines::starting_with(id, way.clone())).into());
            refused += 1;
        }
    }
    refused
}

/// Counts the version now that everything about the contact is said.
fn finish(plan: &mut Plan) {
    if let Some(before) = &plan.change.before {
        plan.change.after = plan.change.after.clone().changed(before, plan.at);
    }
}
